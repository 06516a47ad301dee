// Checks what no test runner does, and says so in the form of `go test -json`: that types fit, that the rules of style are
// kept, and that the client is the one of the API's present document.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const start = (program, ...args) => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return status === 0 ? "" : `${stdout}${stderr}`;
};
const run = (...command) => start("npx", "--no-install", ...command);

function clientIsCurrent() {
  const folder = mkdtempSync(join(tmpdir(), "kaskad-client-"));
  try {
    const made = join(folder, "schema.d.ts");
    const wrong = start("node", "generate.mjs", made);
    if (wrong) return wrong;
    const same = readFileSync(made, "utf8") === readFileSync("src/api/schema.d.ts", "utf8");
    return same ? "" : "src/api/schema.d.ts is not made of the present api/openapi.json: npm run generate\n";
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const tests = { types: () => run("tsc", "--noEmit"), style: () => run("biome", "check", "."), client: clientIsCurrent };
for (const [Test, check] of Object.entries(tests)) {
  const Output = check();
  const say = (event) => console.log(JSON.stringify({ Package: "web-editor", Test, ...event }));
  if (Output) say({ Action: "output", Output });
  say({ Action: Output ? "fail" : "pass" });
  if (Output) process.exitCode = 1;
}
