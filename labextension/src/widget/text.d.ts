/** A style sheet as a string (see `scripts/build.mjs`). */
declare module '*.css?text' {
  const text: string;
  export default text;
}
