/** Which sign a key stands for by its place on the keyboard (US layout), where an input method has swallowed the sign. */

const SIGNS = {
  Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:", Quote: "'\"", Backquote: "`~",
  Comma: ",<", Period: ".>", Slash: "/?", Space: "  ", NumpadDivide: "//", NumpadMultiply: "**", NumpadSubtract: "--", NumpadAdd: "++",
  NumpadDecimal: "..",
};
const ABOVE_DIGITS = ")!@#$%^&*(";

/** @param {KeyboardEvent} event @returns {string} empty where the key says nothing */
export function byPlace(event) {
  const { code, shiftKey } = event;
  if (/^Key[A-Z]$/.test(code)) {
    const capital = shiftKey !== event.getModifierState("CapsLock");
    return capital ? code[3] : code[3].toLowerCase();
  }
  if (/^Digit\d$/.test(code)) return shiftKey ? ABOVE_DIGITS[Number(code[5])] : code[5];
  if (/^Numpad\d$/.test(code)) return code[6];
  return /** @type {Record<string, string>} */ (SIGNS)[code]?.[shiftKey ? 1 : 0] ?? "";
}
