// How the tests run: everything under test/ but the opt-in outside checks. Modules are shared by the files of a worker: the CDK
// takes ten seconds to load, and would be loaded for every file that synthesises something.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**'],
    isolate: false,
    // Every core: vitest keeps one free for watching, which nobody does here.
    maxWorkers: '100%',
    env: {
      // Stacks are neither bundled nor validated by the CDK, but for the examples (test/examples), which are, as `npm
      // run synth` is: that takes eight and two seconds.
      CDK_CONTEXT_JSON: JSON.stringify({ 'aws:cdk:bundling-stacks': [] }),
      CDK_VALIDATION: 'false',
      // Processes that tests begin are there sooner when what they load has been compiled before.
      NODE_COMPILE_CACHE: join(tmpdir(), 'tidegate-compiled'),
    },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
