/**
 * Exact decimals: a whole number of BigInt and how many digits of it stand behind the point. No float anywhere.
 * Printed as Python's `Decimal` prints, so that both verifiers name the same quantity.
 */
export class Decimal {
  /** @param {bigint} digits @param {number} places */
  constructor(digits, places) {
    this.digits = digits;
    this.places = places;
  }

  /** @param {string} text -?digits(.digits)? @returns {Decimal} */
  static of(text) {
    const point = text.indexOf(".");
    return new Decimal(BigInt(text.replace(".", "")), point < 0 ? 0 : text.length - point - 1);
  }

  /** @param {Decimal} other @returns {Decimal} */
  plus(other) {
    const places = Math.max(this.places, other.places);
    return new Decimal(this.at(places) + other.at(places), places);
  }

  /** Below zero, zero or above, as this is less than, equal to or more than `other`.
   * @param {Decimal} other @returns {number} */
  compare(other) {
    const places = Math.max(this.places, other.places);
    const [a, b] = [this.at(places), other.at(places)];
    return a < b ? -1 : a > b ? 1 : 0;
  }

  /** The digits with so many places behind the point. @param {number} places @returns {bigint} */
  at(places) {
    return this.digits * 10n ** BigInt(places - this.places);
  }

  /** @returns {string} */
  toString() {
    const sign = this.digits < 0n ? "-" : "";
    const digits = (this.digits < 0n ? -this.digits : this.digits).toString();
    const left = digits.length - this.places;
    if (left <= -6) return `${sign}${digits[0]}${digits.length > 1 ? "." + digits.slice(1) : ""}E${left - 1}`;
    if (this.places === 0) return sign + digits;
    const padded = digits.padStart(this.places + 1, "0");
    return `${sign}${padded.slice(0, -this.places)}.${padded.slice(-this.places)}`;
  }
}
