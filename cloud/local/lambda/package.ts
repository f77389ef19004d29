// Checks that a code package is within Lambda's unzipped size limit. Reads only the zip's directory.
import { unzipSync } from 'fflate'
import { AwsError } from '../protocol/aws-error.ts'

/** Lambda's quota for an unzipped package (docs/aws.md §1.4). */
const unzippedMaxBytes = 262_144_000

/** @throws AwsError when it is too large. The runtime judges packages that are not zips: in tests a package is just a name. */
export function checkedPackage(bytes: Uint8Array): Uint8Array {
  if (unzippedBytes(bytes) < unzippedMaxBytes) return bytes
  const message = `Unzipped size must be smaller than ${unzippedMaxBytes} bytes`
  throw new AwsError('InvalidParameterValueException', message)
}

function unzippedBytes(zip: Uint8Array): number {
  // A zip ends with a directory of at least 22 bytes. fflate is slow to notice that there is none.
  if (zip.length < 22) return 0
  let sum = 0
  const add = ({ originalSize }: { readonly originalSize: number }): boolean => {
    sum += originalSize
    return false
  }
  try {
    unzipSync(zip, { filter: add })
  } catch {
    return 0
  }
  return sum
}
