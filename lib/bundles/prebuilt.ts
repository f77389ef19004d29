// Stands in for lib/bundle.ts in the published package: the bundles that `npm run build` made, out of one archive. Minified one
// by one they have 33 MB, most of it the same; compressed together they have 2.
import { readFileSync } from 'node:fs'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
import type { Verb } from '../../functions/handlers.ts'
import { own } from '../../core/own.ts'
import { policyFiles } from './policy-files.ts'
import type { Bundle } from './write.ts'

export { writeBundle } from './write.ts'

/** As in lib/bundle.ts. */
type Bundled = Verb | 'shadowHook'

type About = Pick<Bundle, 'clients' | 'packages'> & { readonly decides: boolean }

const aboutFile = 'about.json'
const moduleFile = (verb: string): string => `${verb}/index.mjs`
// A fixed modification time, so that the same code gives the same archive, byte for byte.
const mtime = new Date('2026-01-01T00:00:00Z')

/** @param bundles by verb; what lies beside them is in the package as it is */
export function archiveOf(bundles: Readonly<Record<string, Bundle>>): Uint8Array {
  const about = Object.entries(bundles).map(([verb, { clients, packages, files }]): [string, About] => [
    verb,
    { clients, packages, decides: Object.keys(files).length > 0 },
  ])
  const files = Object.entries(bundles).map(([verb, { code }]) => [moduleFile(verb), code] as const)
  const text = strToU8(JSON.stringify(Object.fromEntries(about)))
  const zip = zipSync({ ...Object.fromEntries(files), [aboutFile]: text }, { level: 0, mtime })
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 9,
    // The window has to reach from one bundle to those before.
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: zip.length,
  }
  return brotliCompressSync(zip, { params })
}

/** @returns what finds the bundle of a verb */
export function bundlesIn(archive: Uint8Array): (verb: Bundled) => Bundle {
  const unpacked = unzipSync(brotliDecompressSync(archive))
  const abouts = JSON.parse(strFromU8(own(unpacked, aboutFile) ?? strToU8('{}'))) as Readonly<Record<string, About>>
  return (verb) => {
    const code = own(unpacked, moduleFile(verb))
    const about = own(abouts, verb)
    if (code === undefined || about === undefined) throw new Error(`bug: ${verb} is not in the package`)
    const { decides, ...rest } = about
    return { ...rest, code, files: decides ? policyFiles() : {} }
  }
}

let made: ReturnType<typeof bundlesIn> | undefined

export function bundle(verb: Bundled): Bundle {
  made ??= bundlesIn(readFileSync(new URL('../../functions/bundles.br', import.meta.url)))
  return made(verb)
}
