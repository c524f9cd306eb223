/**
 * What a picker would read, spoken: place and quantity of the next stop, and what is wrong. Beside what is seen, never instead
 * of it; switched on for a device (*This device*), and silent where a browser has no voice.
 */
import { setting } from "./settings.js";
import { told } from "./told.js";

export const hasVoice = () => "speechSynthesis" in window && "SpeechSynthesisUtterance" in window;

/** The newest only: what was being said is of the stop before. @param {string} text */
export function speak(text) {
  if (setting("voice") !== "on" || !hasVoice()) return;
  const said = new SpeechSynthesisUtterance(text);
  said.lang = told.language === "zh" ? "zh-CN" : "en-GB";
  speechSynthesis.cancel();
  speechSynthesis.speak(said);
}

/** Letters and digits one by one, as they are read off a shelf; the site is where one is. @param {string} place SITE/PLACE */
export const spelled = (place) => [...place.slice(place.indexOf("/") + 1)].join(" ").replace(/ - /g, " – ");
