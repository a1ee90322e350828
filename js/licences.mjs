// The licences of what lies in the bundle, for the package that carries it.
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";

// `inputs` are the files that esbuild read: its metafile's
export async function writeLicences(inputs, target) {
  const folders = new Set();
  for (const input of Object.keys(inputs)) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input.replaceAll("\\", "/"));
    if (found) folders.add(found[1]);
  }
  const texts = await Promise.all([...folders].sort().map(licenceOf));
  await writeFile(target, texts.join(`\n\n${"-".repeat(78)}\n\n`));
}

async function licenceOf(folder) {
  const names = (await readdir(folder)).filter((name) => /^licen[cs]e/i.test(name)).sort();
  const { name, version, license } = JSON.parse(
    await readFile(path.join(folder, "package.json"), "utf8"),
  );
  if (!names.length) throw new Error(`${name} ${version} comes without the text of its licence`);
  const texts = await Promise.all(names.map((each) => readFile(path.join(folder, each), "utf8")));
  return `${name} ${version} (${license})\n\n${texts.join("\n\n").trim()}\n`;
}
