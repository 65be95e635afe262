/* Says in the page what went wrong with a passkey; the scripts of allauth only log it. */
document.addEventListener("allauth.error", (event) => {
  const problem = document.getElementById("key-problem");
  if (!problem) return;
  event.preventDefault();
  problem.hidden = false;
});
