import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` finds the house; the built client is served by the house itself. */
const house = process.env.BALAI_DEV_HOUSE ?? 'http://127.0.0.1:8000';

const messages = {
  project: './project.inlang',
  outdir: './src/paraglide',
  strategy: ['localStorage', 'preferredLanguage', 'baseLocale'] as ('localStorage' | 'preferredLanguage' | 'baseLocale')[],
};

export default defineConfig({
  // `npm run messages` has compiled them before the tests; a watcher would keep the tests from ending.
  plugins: process.env.VITEST ? [] : [paraglideVitePlugin(messages), svelte()],
  build: {
    outDir: '../src/balai/web/client',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    // How long each plugin took interests nobody who only wants the pages.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  server: { host: '127.0.0.1', port: 5173, proxy: { '/api': house } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
