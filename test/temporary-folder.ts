// All that tests write is in one folder, which is deleted when they end.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-tests-'))
  process.env['TMPDIR'] = folder
  // A process that a test started may write a last file meanwhile.
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
}
