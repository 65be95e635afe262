// Text of PDF files as Firefox's reader sees it: JSON, one text per file named.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

// pdf.js asks for these when it loads; it needs them to paint only, and nothing is painted here.
for (const name of ["DOMMatrix", "ImageData", "Path2D"]) globalThis[name] ??= class {};

const [library, ...files] = process.argv.slice(2);
const { getDocument } = await import(pathToFileURL(library));
const texts = [];
for (const file of files) {
  const data = new Uint8Array(await readFile(file));
  const document = await getDocument({ data, verbosity: 0, useSystemFonts: false }).promise;
  let text = "";
  for (let number = 1; number <= document.numPages; number += 1) {
    const content = await (await document.getPage(number)).getTextContent();
    // Cells of a right-to-left row come from right to left, as items of their own and without
    // white space between them: what does not touch the item before is another word.
    let last = null;
    for (const item of content.items) {
      const [left, width] = [item.transform[4], item.width];
      const room = 0.1 * item.height;
      if (last && (left > last.right + room || left + width < last.left - room)) text += " ";
      text += item.str + (item.hasEOL ? "\n" : "");
      if (item.str.trim()) last = { left, right: left + width };
      if (item.hasEOL) last = null;
    }
    text += "\n";
  }
  texts.push(text);
}
process.stdout.write(JSON.stringify(texts));
