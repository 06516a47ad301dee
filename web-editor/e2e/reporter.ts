import type { Reporter, TestCase, TestModule } from "vitest/node";

// Writes what `go test -json` would write, so that one program counts the tests of both languages.
export default class GoReporter implements Reporter {
  private say(event: object) {
    process.stdout.write(`${JSON.stringify(event)}\n`);
  }

  private name(test: TestCase) {
    return test.fullName.replaceAll(/\s+/g, "_");
  }

  onTestCaseResult(test: TestCase) {
    const result = test.result();
    const at = { Package: `web-editor/${test.module.relativeModuleId}`, Test: this.name(test) };
    for (const error of result.errors ?? []) {
      this.say({ ...at, Action: "output", Output: `${error.stack ?? error.message}\n${error.diff ?? ""}\n` });
    }
    const { seen } = test.meta();
    if (seen) this.say({ ...at, Action: "output", Output: `${seen}\n` });
    // A skipped test is not a passed one.
    this.say({ ...at, Action: result.state === "passed" ? "pass" : "fail" });
  }

  onTestModuleEnd(module: TestModule) {
    const at = { Package: `web-editor/${module.relativeModuleId}` };
    const errors = module.errors();
    for (const error of errors) {
      this.say({ ...at, Action: "output", Output: `${error.stack ?? error.message}\n` });
    }
    const failed = errors.length > 0 || module.state() !== "passed";
    this.say({ ...at, Action: failed ? "fail" : "pass", Elapsed: module.diagnostic().duration / 1000 });
  }
}
