// Runs before the first paint, so that a chosen theme and language never flash the other one.
try {
  const theme = localStorage.getItem('balai.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be closed (private window); the system's theme is used.
}
