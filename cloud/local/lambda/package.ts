// Code packages: no larger than Lambda takes them once they are unpacked. Only what their directory says is read.
import { unzipSync } from 'fflate'
import { AwsError } from '../protocol/aws-error.ts'

/** Lambda's quota for a package with everything in it (docs/aws.md §1.4). */
const unzippedMaxBytes = 262_144_000

/** @throws AwsError when it is too large. What is no zip at all is for the runtime to judge: in tests it is a name. */
export function checkedPackage(bytes: Uint8Array): Uint8Array {
  if (unzippedBytes(bytes) < unzippedMaxBytes) return bytes
  const message = `Unzipped size must be smaller than ${unzippedMaxBytes} bytes`
  throw new AwsError('InvalidParameterValueException', message)
}

function unzippedBytes(zip: Uint8Array): number {
  // An archive ends with its directory, which has at least 22 bytes: fflate takes its time to find out that there is none.
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
