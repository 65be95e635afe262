/* Binds buttons to the passkey scripts of allauth, and says in the page what went wrong.
   A button: data-passkey="login|authenticate|add", data-credential and data-passwordless: ids of
   the fields filled in. The options of the server stand in the element #js_data. */
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("[data-passkey]")) {
    const kind = button.dataset.passkey;
    window.allauth.webauthn.forms[`${kind}Form`]({
      ids: {
        [kind]: button.id,
        credential: button.dataset.credential,
        passwordless: button.dataset.passwordless,
        data: "js_data",
      },
    });
  }
});
document.addEventListener("allauth.error", (event) => {
  const problem = document.getElementById("key-problem");
  if (!problem) return;
  event.preventDefault();
  problem.hidden = false;
});
