// What the solution's build runs: installs the packages of the lock file where they are not there, and builds into dist/.
// Ends with 3 where Node is too old or the packages cannot be had, with 1 where the dashboard itself does not build.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const folder = dirname(fileURLToPath(import.meta.url));
process.chdir(folder);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19) || major === 21 || (major === 22 && minor < 12)) {
  console.error(`Node ${process.versions.node} is too old for the dashboard`);
  process.exit(3);
}

const release = await lock('.building');
try {
  install();
  await build();
} finally {
  release();
}

/** Two builds of one folder at once would each take away what the other writes. */
async function lock(name) {
  for (;;) {
    try {
      mkdirSync(name);
      return () => rmSync(name, { recursive: true, force: true });
    } catch (taken) {
      if (taken.code !== 'EEXIST') throw taken;
      // Left behind by a build that was killed.
      const since = statSync(name, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
      if (Date.now() - since > 5 * 60_000) rmSync(name, { recursive: true, force: true });
      await new Promise((done) => setTimeout(done, 200));
    }
  }
}

function install() {
  const wanted = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  const stamp = join('node_modules', '.nimbus-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const npm = spawnSync(
    'npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --fetch-retries=1 --fetch-timeout=30000',
    { shell: true, encoding: 'utf8' });
  if (npm.status !== 0) {
    console.error(`npm ci does not work here: ${(npm.stderr ?? '').trim().split('\n').slice(-3).join(' ')}`);
    release();
    process.exit(3);
  }
  writeFileSync(stamp, wanted);
}

async function build() {
  try {
    const vite = await import('vite');
    await vite.build({ logLevel: 'warn', build: { outDir: 'dist.new', emptyOutDir: true } });
  } catch (failure) {
    console.error(failure.message);
    release();
    process.exit(1);
  }
  const assets = join('dist.new', 'assets');
  for (const name of readdirSync(assets)) {
    if (!/\.(js|css|svg)$/.test(name)) continue;
    const bytes = readFileSync(join(assets, name));
    writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes));
    writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  }
  writeFileSync(join('dist.new', '.built'), '');
  rmSync('dist', { recursive: true, force: true });
  renameSync('dist.new', 'dist');
}
