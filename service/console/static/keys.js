// Keys of office pages: g and a letter lead to a page, / to the search field, ? to the list of keys.
//
// Nothing happens while somebody types, with a modifier, or in the middle of an input method's composition; and all of
// it can be switched off, as WCAG 2.1.4 asks of keys that are single characters. The switch is remembered by this browser.

const PATIENCE = 1500; // milliseconds between g and its letter
const SWITCH = "lotproof-keys";

const dialog = document.getElementById("keys");
const tick = document.getElementById("keys-on");
let awaited = 0;

tick.checked = localStorage.getItem(SWITCH) !== "off";
tick.addEventListener("change", () => localStorage.setItem(SWITCH, tick.checked ? "on" : "off"));

function typing(target) {
  return target.isContentEditable || ["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName);
}

function follow(letter) {
  const link = document.querySelector(`nav a[data-key="${CSS.escape(letter)}"]`);
  if (link) link.click();
  return Boolean(link);
}

function search() {
  const field = document.getElementById("search");
  if (field) field.focus();
  return Boolean(field);
}

function meant(event) {
  if (performance.now() < awaited) {
    awaited = 0;
    return follow(event.key);
  }
  if (event.key === "g") awaited = performance.now() + PATIENCE;
  if (event.key === "/") return search();
  if (event.key === "?" && !dialog.open) {
    dialog.showModal();
    return true;
  }
  return false;
}

document.addEventListener("keydown", (event) => {
  const busy = event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.repeat;
  if (busy || dialog.open || typing(event.target)) return;
  // The list itself can always be asked for: it holds the switch.
  if (!tick.checked && event.key !== "?") return;
  if (meant(event)) event.preventDefault();
});
