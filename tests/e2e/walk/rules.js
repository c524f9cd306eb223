// What must hold of every page without anybody having looked at it before. Answers what is wrong, in words. `told`: in cells
// and choices stands what was written by others than the demo, in any language.
(told) => {
  const wrong = [];
  const wide = document.documentElement.clientWidth;
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const clipped = (element) => getComputedStyle(element).clipPath !== "none" || element.closest(".skip, [role=table] thead");
  const scrolled = (element) => element && (["auto", "scroll"].includes(getComputedStyle(element).overflowX) || scrolled(element.parentElement));
  const floats = (element) => element && (["fixed", "sticky"].includes(getComputedStyle(element).position) || floats(element.parentElement));
  const named = (element) => `${element.tagName.toLowerCase()}${element.className && typeof element.className === "string" ? "." + element.className.replaceAll(" ", ".") : ""} “${element.textContent.trim().slice(0, 30)}”`;

  if (document.documentElement.scrollWidth > wide) wrong.push(`scrolls sideways: ${document.documentElement.scrollWidth} of ${wide}`);

  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, holder = node.parentElement;
    if (!node.data.trim() || holder.closest("svg, script, option, dialog, noscript") || !shown(holder) || clipped(holder) || floats(holder)) continue;
    const style = getComputedStyle(holder);
    const cut = ["hidden", "clip"].includes(style.overflowX) && holder.scrollWidth > holder.clientWidth + 1;
    if (cut) wrong.push(`text is cut off: ${named(holder)}`);
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 2 && box.height > 2) texts.push({ box, holder });
  }
  for (const { box, holder } of texts)
    if ((box.left < -1 || box.right > wide + 1) && !scrolled(holder)) wrong.push(`text leaves the page: ${named(holder)}`);
  for (let a = 0; a < texts.length; a++)
    for (let b = a + 1; b < texts.length; b++) {
      const one = texts[a], two = texts[b];
      const across = Math.min(one.box.right, two.box.right) - Math.max(one.box.left, two.box.left);
      const down = Math.min(one.box.bottom, two.box.bottom) - Math.max(one.box.top, two.box.top);
      if (across > 2 && down > Math.min(one.box.height, two.box.height) * 0.4) wrong.push(`text on text: ${named(one.holder)} and ${named(two.holder)}`);
    }
  for (const each of document.querySelectorAll("button, input:not([type=hidden]), select, textarea, summary, a.button, nav a")) {
    const box = each.getBoundingClientRect();
    const ticked = ["checkbox", "radio"].includes(each.type) ? each.closest("label")?.getBoundingClientRect() ?? box : box;
    if (shown(each) && !each.matches(".menu") && ticked.width > 0 && Math.min(ticked.width, ticked.height) < 24) wrong.push(`a control under 24 px: ${named(each)} ${Math.round(ticked.width)} × ${Math.round(ticked.height)}`);
  }
  // On a Chinese page no text is English, but for codes, units, and what people of the demo called things.
  if (document.documentElement.lang === "zh-CN") {
    const kept = "script, style, noscript, template, svg desc, code, .code, pre, kbd, time, .lot, .key-id, textarea, [lang=en], [translate=no]" + (told ? ", td, dd, option, th[scope=row]" : "");
    const called = /^(x+|tongqu|chenghe|xiangkou|qingye|anhe|guest|first|(site|party) \w+|(log )?the log itself|log|the demo|for the records|webhook|[\dx]+ m[ms])$/i;
    const english = (text) => !/[\u3400-\u9fff]/.test(text) && /(^|[\s("“,;:])[A-Za-z]?[a-z]{2,}(?=$|[\s)"”,;:.?!])/.test(text) && !/^\S*[\d@/_]\S*$/.test(text) && !called.test(text);
    const said = (text, holder) => { if (text && english(text) && !holder.closest(kept)) wrong.push(`English on a Chinese page: ${holder.tagName.toLowerCase()} “${text.slice(0, 60)}”`); };
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) said(words.currentNode.data.trim(), words.currentNode.parentElement);
    for (const name of ["aria-label", "placeholder", "title", "data-label"])
      for (const each of document.querySelectorAll(`[${name}]`)) said(each.getAttribute(name), each);
  }
  return [...new Set(wrong)].slice(0, 10);
}
