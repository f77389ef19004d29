// Ten functions as one service: shifted together, judged together, put back together.
import { Stack, type StackProps } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { ReleaseController, ReleasedFunction } from '../../lib/index.ts'

const names = ['cart', 'catalog', 'checkout', 'coupons', 'mail', 'payments', 'prices', 'search', 'stock', 'users'].map(
  (name) => `shop-${name}`,
)

export class ShopStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props)
    const controller = new ReleaseController(this, 'Tidegate', {
      services: [
        {
          name: 'shop',
          targets: names.map((name) => ({ function: name, alias: 'live' })),
          plan: {
            steps: [
              { weight: 5, bake: '10m' },
              { weight: 50, bake: '10m' },
            ],
          },
          policy: { whileLive: 'supersede' },
        },
      ],
    })
    for (const name of names) {
      const fn = new lambda.Function(this, name, {
        functionName: name,
        runtime: lambda.Runtime.NODEJS_24_X,
        architecture: lambda.Architecture.ARM_64,
        handler: 'index.handler',
        code: lambda.Code.fromAsset(new URL('../checkout/v1', import.meta.url).pathname),
      })
      new ReleasedFunction(this, `${name}-live`, { controller, function: fn, alias: 'live' })
    }
    // On-call engineers may roll back and read; only the pipeline may release.
    const onCall = iam.Role.fromRoleName(this, 'OnCall', 'on-call')
    controller.grantRollBack(onCall)
    controller.grantRead(onCall)
  }
}
