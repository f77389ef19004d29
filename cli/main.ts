#!/usr/bin/env node
// The program's beginning: what is compiled once on a machine is there the next time, because `rollback` has to be quick.
import { enableCompileCache } from 'node:module'

enableCompileCache()
await import('./program.ts')
