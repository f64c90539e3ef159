// hls.js ships the types of its full build only; the light one offers the same names.
declare module 'hls.js/light' {
  export * from 'hls.js';
  export { default } from 'hls.js';
}
