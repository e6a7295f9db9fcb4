import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const gateway = process.env.NIMBUS_URL ?? 'http://localhost:8000';

export default defineConfig({
  plugins: [react()],
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 700, modulePreload: { polyfill: false } },
  server: {
    host: '127.0.0.1',
    // The gateway compares a request's origin with its host, so the host stays the one that the browser asked for.
    proxy: Object.fromEntries(
      ['/v1', '/app/session', '/ws', '/openapi.json', '/docs', '/redoc']
        .map((path) => [path, { target: gateway, ws: path === '/ws', changeOrigin: false }])),
  },
  test: { include: ['src/**/*.test.{ts,tsx}'], pool: 'threads', maxWorkers: 1, unstubGlobals: true },
});
