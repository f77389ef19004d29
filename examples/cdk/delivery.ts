// A pipeline that builds, publishes a version, asks whether it may release, and releases.
import { SecretValue, Stack, type StackProps } from 'aws-cdk-lib'
import * as codebuild from 'aws-cdk-lib/aws-codebuild'
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline'
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions'
import * as iam from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { mayReleaseRule, releaseAction, ReleaseController } from '../../lib/index.ts'

export class DeliveryStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props)
    const controller = new ReleaseController(this, 'Tidegate', {
      services: [
        { name: 'checkout', targets: [{ function: 'checkout', alias: 'live' }], plan: 'Canary10Percent5Minutes' },
      ],
    })
    const source = new codepipeline.Artifact('Source')
    const build = buildProject(this)
    const pipeline = new codepipeline.Pipeline(this, 'Pipeline', {
      pipelineType: codepipeline.PipelineType.V2,
      stages: [
        {
          stageName: 'Source',
          actions: [
            new actions.GitHubSourceAction({
              actionName: 'Source',
              owner: 'example',
              repo: 'checkout',
              oauthToken: SecretValue.secretsManager('github-token'),
              output: source,
              variablesNamespace: 'Source',
            }),
          ],
        },
        {
          stageName: 'Build',
          actions: [
            new actions.CodeBuildAction({
              actionName: 'Build',
              project: build,
              input: source,
              variablesNamespace: 'Build',
            }),
          ],
        },
        {
          stageName: 'Release',
          beforeEntry: {
            conditions: [{ rules: [mayReleaseRule(controller, 'checkout')], result: codepipeline.Result.FAIL }],
          },
          actions: [
            releaseAction(controller, {
              actionName: 'Release',
              release: {
                service: 'checkout',
                version: '#{Build.VERSION}',
                commit: '#{Source.CommitId}',
                author: '#{Source.AuthorId}',
                build: '#{codepipeline.PipelineExecutionId}',
              },
            }),
          ],
        },
      ],
    })
    controller.grantPipeline(pipeline.role)
  }
}

/** Tests, packages and publishes; the pipeline gets the version number as a variable. */
function buildProject(stack: Stack): codebuild.PipelineProject {
  const build = new codebuild.PipelineProject(stack, 'Build', {
    buildSpec: codebuild.BuildSpec.fromObject({
      version: '0.2',
      env: { 'exported-variables': ['VERSION'] },
      phases: {
        build: {
          commands: [
            'npm ci && npm test && zip -r package.zip .',
            'aws lambda update-function-code --function-name checkout --zip-file fileb://package.zip',
            'aws lambda wait function-updated-v2 --function-name checkout',
            'VERSION=$(aws lambda publish-version --function-name checkout --query Version --output text)',
          ],
        },
      },
    }),
  })
  build.addToRolePolicy(
    new iam.PolicyStatement({
      actions: [
        'lambda:UpdateFunctionCode',
        'lambda:PublishVersion',
        'lambda:GetFunction',
        'lambda:GetFunctionConfiguration',
      ],
      resources: [stack.formatArn({ service: 'lambda', resource: 'function:checkout' })],
    }),
  )
  return build
}
