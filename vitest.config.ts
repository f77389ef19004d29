// How the tests run: everything under test/ except the opt-in e2e tests. The files of a worker share modules, because the CDK
// takes ten seconds to load, and would be loaded for every file that synthesises a stack.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// The kills of all effects (`npm run e2e`) did not end within 500 seconds on a machine with fifteen busy processes for each core.
const hangsMs = process.env['TIDEGATE_TESTS'] === 'all' ? 3_600_000 : 600_000

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**'],
    globalSetup: 'test/temporary-folder.ts',
    isolate: false,
    // Node runs the TypeScript itself, as it does for users. Vite's transforms cost a tenth of the time (decision 78).
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // Functions are optimised from their first calls on: most of what runs here runs for seconds (decision 78).
    execArgv: ['--no-lazy-feedback-allocation'],
    // Use every core: by default vitest leaves one free for watch mode, which we do not use here.
    maxWorkers: '100%',
    env: {
      // Skips bundling and validation of stacks, which take eight and two seconds. In `npm run e2e` the examples (test/examples)
      // do both, as `npm run synth` does. Also skips the copies of the code, and the places where resources were made: a fifth of
      // a stack.
      CDK_CONTEXT_JSON: JSON.stringify({
        'aws:cdk:bundling-stacks': [],
        'aws:cdk:disable-asset-staging': true,
        'aws:cdk:disable-creation-stack-traces': true,
      }),
      CDK_VALIDATION: 'false',
      // X-Ray's SDK otherwise hooks every promise of its process, which then costs twelve times as much (decision 78).
      AWS_XRAY_MANUAL_MODE: 'true',
      // Child processes of tests start faster with a compile cache.
      NODE_COMPILE_CACHE: join(tmpdir(), 'tidegate-compiled'),
    },
    // These end what hangs. No test may fail because its machine is slow or busy.
    testTimeout: hangsMs,
    hookTimeout: hangsMs,
  },
})
