// Checks that a code package is within Lambda's unzipped size limit. Reads only the zip's directory.
import { unzipSync } from 'fflate'
import { AwsError } from '../protocol/aws-error.ts'

/** Lambda's quota for an unzipped package (docs/aws.md §1.4). */
const unzippedMaxBytes = 262_144_000

/** As many as a zip has without its extension for larger ones. Lambda states no limit; unpacked, each becomes a file here. */
const entriesMax = 65_535

/** @throws AwsError when it is too large. The runtime judges packages that are not zips: in tests a package is just a name. */
export function checkedPackage(bytes: Uint8Array): Uint8Array {
  const unzipped = sizeOf(bytes)
  if (unzipped.entries > entriesMax)
    throw new AwsError('InvalidParameterValueException', `The package has more than ${entriesMax} files.`)
  if (unzipped.bytes < unzippedMaxBytes) return bytes
  const message = `Unzipped size must be smaller than ${unzippedMaxBytes} bytes`
  throw new AwsError('InvalidParameterValueException', message)
}

function sizeOf(zip: Uint8Array): { readonly bytes: number; readonly entries: number } {
  // A zip ends with a directory of at least 22 bytes. fflate is slow to notice that there is none.
  if (zip.length < 22) return nothing
  let [bytes, entries] = [0, 0]
  const add = ({ originalSize }: { readonly originalSize: number }): boolean => {
    bytes += originalSize
    entries += 1
    return false
  }
  try {
    unzipSync(zip, { filter: add })
  } catch {
    return nothing
  }
  return { bytes, entries }
}
const nothing = { bytes: 0, entries: 0 }
