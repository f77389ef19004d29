#!/usr/bin/env node
// The entry point. Enables the compile cache first, because `rollback` has to start quickly.
import nodeModule from 'node:module'

// Node 20 has none.
;(nodeModule as Partial<typeof nodeModule>).enableCompileCache?.()
// The AWS CLI reads it, and the SDK does not.
const { AWS_DEFAULT_REGION } = process.env
if (AWS_DEFAULT_REGION !== undefined) process.env['AWS_REGION'] ??= AWS_DEFAULT_REGION
// What the SDK says of the versions of its future is nothing that whoever runs this can change: the package has the SDK in it.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
await import('./program.ts')
