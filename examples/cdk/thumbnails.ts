// A function from a container image: deploying another image publishes a version, and releases it.
import { Stack, type StackProps } from 'aws-cdk-lib'
import * as ecr from 'aws-cdk-lib/aws-ecr'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { ReleaseController, ReleasedFunction } from '../../lib/index.ts'

export class ThumbnailsStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props)
    const controller = new ReleaseController(this, 'Tidegate', {
      services: [
        {
          name: 'thumbnails',
          targets: [{ function: 'thumbnails', alias: 'live' }],
          plan: 'Canary10Percent10Minutes',
          triggers: { cloudFormation: true },
        },
      ],
    })
    const repository = ecr.Repository.fromRepositoryName(this, 'Repository', 'thumbnails')
    const thumbnails = new lambda.DockerImageFunction(this, 'Thumbnails', {
      functionName: 'thumbnails',
      architecture: lambda.Architecture.ARM_64,
      // The image that the stack starts with; later the controller decides which version has the traffic.
      code: lambda.DockerImageCode.fromEcr(repository, { tagOrDigest: 'first' }),
    })
    const live = new ReleasedFunction(this, 'Live', { controller, function: thumbnails, alias: 'live' })
    live.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.AWS_IAM })
  }
}
