let nonce = "";

/** Reads what the page's policy asks of every style that a script adds. */
export function readNonce() {
  nonce = document.querySelector<HTMLMetaElement>('meta[name="kaskad-nonce"]')?.content ?? "";
  // The library that holds the page still behind a dialog looks for it under this name.
  if (nonce) Object.assign(window, { __webpack_nonce__: nonce });
}

export const styleNonce = () => nonce;
