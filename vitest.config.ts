// How the tests run: everything under test/ but the opt-in outside checks. Modules are shared by the files of a worker: the CDK
// takes ten seconds to load, and would be loaded for every file that synthesises something.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**'],
    isolate: false,
    // Every core: vitest keeps one free for watching, which nobody does here.
    maxWorkers: '100%',
    // The CDK's own validation takes two seconds a stack. The examples are validated (test/examples), and `npm run synth` is.
    env: { CDK_VALIDATION: 'false' },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
