/** 128 random bits: where pages come without TLS, `crypto.randomUUID` is missing. */
export const newToken = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
