const formats = (['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const).map(
  unit =>
    new Intl.NumberFormat(undefined, {
      style: 'unit',
      unit,
      // “390 byte” is how the short form says it
      unitDisplay: unit === 'byte' ? 'long' : 'short',
      maximumSignificantDigits: unit === 'byte' ? 3 : 2
    })
);

/** `1.2 MB`. */
export function bytes(value: number): string {
  const power = Math.min(3, Math.floor(Math.log10(Math.max(value, 1)) / 3));
  return formats[power].format(value / 1000 ** power);
}
