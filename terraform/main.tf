# Tidegate as a CloudFormation stack made of the published template, and the two files of its version in a bucket of yours. The
# template is the one source of what the controller is made of (docs/template.md).

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

locals {
  # Each version has a name of its own, so a new one changes the stack.
  template = "tidegate-${var.tidegate_version}.json"
  package  = "tidegate-${var.tidegate_version}.zip"
}

data "aws_s3_bucket" "files" {
  bucket = var.bucket
}

resource "aws_s3_object" "template" {
  bucket      = var.bucket
  key         = "${var.prefix}${local.template}"
  source      = "${var.files}/${local.template}"
  source_hash = filesha256("${var.files}/${local.template}")
}

resource "aws_s3_object" "package" {
  bucket      = var.bucket
  key         = "${var.prefix}${local.package}"
  source      = "${var.files}/${local.package}"
  source_hash = filesha256("${var.files}/${local.package}")
}

resource "aws_cloudformation_stack" "tidegate" {
  name         = var.stack_name
  template_url = "https://${data.aws_s3_bucket.files.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_NAMED_IAM"]

  parameters = {
    PackageBucket       = var.bucket
    PackagePrefix       = var.prefix
    FunctionNames       = var.function_names
    ArtifactBucket      = var.artifact_bucket
    ArtifactKey         = var.artifact_key
    ImageRepositories   = var.image_repositories
    PagesEmail          = var.pages_email
    TicketsEmail        = var.tickets_email
    Chat                = var.chat
    SlackWorkspace      = var.slack_workspace
    SlackChannel        = var.slack_channel
    TeamsTenant         = var.teams_tenant
    TeamsTeam           = var.teams_team
    TeamsChannel        = var.teams_channel
    ChatPutBack         = var.chat_put_back
    PagerDutySecret     = var.pager_duty_secret
    PagerDutyUrl        = var.pager_duty_url
    JiraSecret          = var.jira_secret
    JiraUrl             = var.jira_url
    OpsCenter           = var.ops_center
    LogCopy             = var.log_copy
    LogCopyDays         = var.log_copy_days
    LogCopyTo           = var.log_copy_to
    OtlpUrl             = var.otlp_url
    OtlpSecret          = var.otlp_secret
    GrafanaUrl          = var.grafana_url
    GrafanaSecret       = var.grafana_secret
    TelemetryKey        = var.telemetry_key
    PrometheusUrls      = var.prometheus_urls
    PrometheusWorkspace = var.prometheus_workspace
    Dashboards          = var.dashboards
  }

  depends_on = [aws_s3_object.package]
}
