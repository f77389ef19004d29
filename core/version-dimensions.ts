// The dimensions of a CloudWatch metric that a team publishes for each version.
import * as z from 'zod'

export const VersionDimensions = z
  .record(z.string().min(1).max(255), z.string().min(1).max(1024))
  .refine((dimensions) => Object.values(dimensions).some((value) => value.includes('{version}')), {
    message: 'one dimension must contain {version}: without it the two versions cannot be told apart',
  })
  .refine((dimensions) => Object.keys(dimensions).length <= 30, { message: 'CloudWatch takes at most 30 dimensions' })
