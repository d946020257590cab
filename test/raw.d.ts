/** Vite gives the text of a file imported so. */
declare module '*?raw' {
  const text: string;
  export default text;
}
