// Makes src/api/schema.d.ts from src/api/openapi.json, which a test keeps equal to what the running system says of itself.
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const document = JSON.parse(readFileSync(new URL('src/api/openapi.json', import.meta.url), 'utf8'));
tidy(document);
const head = '// Made by `npm run api` from openapi.json; do not edit.\n\n';
writeFileSync(process.argv[2] ?? new URL('src/api/schema.d.ts', import.meta.url), head + astToString(await openapiTS(document)));

/** The document says what may be sent: numbers as strings too. What is answered is a number, and a time is a string. */
function tidy(node) {
  if (node === null || typeof node !== 'object') return;
  if (Array.isArray(node.type) && node.type.some((type) => type === 'integer' || type === 'number'))
    node.type = node.type.filter((type) => type !== 'string');
  if (node.format === 'date-time' && node.type === undefined) node.type = 'string';
  if (node.schemas?.RawNumber) node.schemas.RawNumber = { type: 'number' };
  for (const child of Object.values(node)) tidy(child);
}
