import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const gateway = process.env.NIMBUS_URL ?? 'http://localhost:8000';

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 700, modulePreload: { polyfill: false },
    // What pages share comes in a few files: dozens of small ones wait for each other where connections are few and far.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'chart', test: /node_modules.uplot|TimeChart/, priority: 3 },
            { name: 'vendor', test: /node_modules/, priority: 2 },
            { name: 'shared', test: /src.(api|app|components|query)./, minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    // The gateway compares a request's origin with its host, so the host stays the one that the browser asked for.
    proxy: Object.fromEntries(
      ['/v1', '/app/session', '/ws', '/openapi.json', '/docs', '/redoc']
        .map((path) => [path, { target: gateway, ws: path === '/ws', changeOrigin: false }])),
  },
  test: { include: ['src/**/*.test.{ts,tsx}'], pool: 'threads', maxWorkers: 1, unstubGlobals: true },
});
