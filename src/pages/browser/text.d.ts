/** The bundler gives the text of a file imported `with { type: 'text' }`: it is for browsers, and never run here. */
declare module '*.client.js' {
  const text: string;
  export default text;
}
