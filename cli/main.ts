#!/usr/bin/env node
// The entry point. Enables the compile cache first, because `rollback` has to start quickly.
import { enableCompileCache } from 'node:module'

enableCompileCache()
await import('./program.ts')
