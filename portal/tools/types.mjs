// Types from the OpenAPI file. Written only when they differ, so that nothing is rebuilt for nothing.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = join(root, "..", "schema", "openapi.yaml");
const target = join(root, "src", "api", "schema.d.ts");

const text = `// Generated from schema/openapi.yaml by tools/types.mjs. Do not edit.\n\n${astToString(await openapiTS(pathToFileURL(source)))}`;
if (!existsSync(target) || readFileSync(target, "utf8") !== text) writeFileSync(target, text);
