// Holds each document of the manifests against the schema of its kind; prints one line for each, and fails where one does not fit.
import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";

let failed = false;
for (const file of process.argv.slice(2)) {
  for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
    const manifest = document.toJS();
    // A file of kustomize's own, which no cluster sees.
    if (manifest.apiVersion.startsWith("kustomize.")) continue;
    const { [manifest.kind]: Kind } = await import(`kubernetes-models/${manifest.apiVersion}`);
    try {
      new Kind(manifest).validate();
      console.log(`ok ${manifest.kind} ${manifest.metadata.name}`);
    } catch (error) {
      failed = true;
      console.log(`${file}: ${manifest.kind} ${manifest.metadata.name}: ${error.message}`);
    }
  }
}
process.exit(failed ? 1 : 0);
