/**
 * What is set of this device and not of a person: what its scanner sends in front of a code, and where it works. In cookies,
 * since signing out clears everything else.
 */

const YEAR = 31_536_000;

/** @param {string} name @returns {string} empty where nothing is set */
export function setting(name) {
  const found = document.cookie.split("; ").find((each) => each.startsWith(`lotproof-${name}=`));
  return found ? decodeURIComponent(found.slice(found.indexOf("=") + 1)) : "";
}

/** @param {string} name @param {string} value */
export function set(name, value) {
  document.cookie = `lotproof-${name}=${encodeURIComponent(value)}; path=/console/; samesite=lax; max-age=${value ? YEAR : 0}`;
}
