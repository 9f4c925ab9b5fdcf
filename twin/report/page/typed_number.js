// Reads a number as people type it, with a point or a comma. NaN if it is none.

export function typedNumber(words) {
  const digits = words.trim().replace(",", ".");
  const number = digits === "" ? NaN : Number(digits);
  return Number.isFinite(number) ? number : NaN;
}
