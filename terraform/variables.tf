variable "files" {
  description = "The folder with tidegate-VERSION.json and tidegate-VERSION.zip, whose checksums you have compared with SHA256SUMS."
  type        = string
}

variable "bucket" {
  description = "A bucket in this region, which the two files are put into."
  type        = string
}

variable "prefix" {
  description = "What their keys have before the names of the files, such as tidegate/."
  type        = string
  default     = ""
}

variable "tidegate_version" {
  description = "The version of Tidegate."
  type        = string
  default     = "0.1.0"
}

variable "stack_name" {
  description = "The name of the stack."
  type        = string
  default     = "Tidegate"
}

variable "function_names" {
  description = "Functions that may be released: names with * and ?. They must also have the tag tidegate=tidegate."
  type        = string
  default     = "*"
}

variable "artifact_bucket" {
  description = "The bucket of packages that services are released from. Empty: none."
  type        = string
  default     = ""
}

variable "artifact_key" {
  description = "The ARN of the KMS key that these packages are encrypted with. Empty: none."
  type        = string
  default     = ""
}

variable "image_repositories" {
  description = "Repositories of images that services are released from: names with * and ?. Empty: none."
  type        = string
  default     = ""
}

variable "pages_email" {
  description = "Who is paged. The address must be confirmed. Empty: nobody."
  type        = string
  default     = ""
}

variable "tickets_email" {
  description = "Who gets what can wait until the morning. Empty: nobody."
  type        = string
  default     = ""
}

variable "chat" {
  description = "Whether there is a topic for a channel of Slack or Teams that you configure yourself: yes or no."
  type        = string
  default     = "no"
}

variable "slack_workspace" {
  description = "The id of a Slack workspace that Amazon Q Developer is authorised in. Empty: none."
  type        = string
  default     = ""
}

variable "slack_channel" {
  description = "The id of the channel of Slack that is told. Empty: none."
  type        = string
  default     = ""
}

variable "teams_tenant" {
  description = "The id of the tenant of Microsoft Teams. Empty: none."
  type        = string
  default     = ""
}

variable "teams_team" {
  description = "The id of a team that Amazon Q Developer is authorised in. Empty: none."
  type        = string
  default     = ""
}

variable "teams_channel" {
  description = "The id of the channel of Teams that is told, as it is in the link to it. Empty: none."
  type        = string
  default     = ""
}

variable "chat_put_back" {
  description = "Whether a button of the channel may put traffic back: yes or no."
  type        = string
  default     = "no"
}

variable "pager_duty_secret" {
  description = "The ARN of the secret that holds the routing key of PagerDuty, and nothing else. Empty: none."
  type        = string
  default     = ""
}

variable "pager_duty_url" {
  description = "The address of the Events API of PagerDuty."
  type        = string
  default     = "https://events.pagerduty.com/v2/enqueue"
}

variable "jira_secret" {
  description = "The ARN of the secret that holds the API key of Jira Service Management or Opsgenie, and nothing else. Empty: none."
  type        = string
  default     = ""
}

variable "jira_url" {
  description = "The address of the alert API of Jira Service Management or Opsgenie."
  type        = string
  default     = "https://api.atlassian.com/jsm/ops/integration/v2/alerts"
}

variable "ops_center" {
  description = "Whether incidents are opened as OpsItems, too: yes or no."
  type        = string
  default     = "no"
}

variable "log_copy" {
  description = "Whether a bucket is made with a copy of the release logs that nobody can change: no, GOVERNANCE or COMPLIANCE."
  type        = string
  default     = "no"
}

variable "log_copy_days" {
  description = "For how many days nobody can delete it."
  type        = string
  default     = "400"
}

variable "log_copy_to" {
  description = "A bucket of yours for the copy instead, with Object Lock and a default retention. Empty: none."
  type        = string
  default     = ""
}

variable "otlp_url" {
  description = "A receiver of OTLP over HTTP, without /v1/traces. Empty: none."
  type        = string
  default     = ""
}

variable "otlp_secret" {
  description = "The ARN of the secret that holds its headers, and nothing else. Empty: none."
  type        = string
  default     = ""
}

variable "grafana_url" {
  description = "A Grafana that gets an annotation for each release. Empty: none."
  type        = string
  default     = ""
}

variable "grafana_secret" {
  description = "The ARN of the secret that holds the token of its service account, and nothing else. Empty: none."
  type        = string
  default     = ""
}

variable "telemetry_key" {
  description = "The ARN of the KMS key that these secrets are encrypted with. Empty: none."
  type        = string
  default     = ""
}

variable "prometheus_urls" {
  description = "Addresses that services may name as a Prometheus, with commas between them. Empty: none."
  type        = string
  default     = ""
}

variable "prometheus_workspace" {
  description = "The ARN of a workspace of Amazon Managed Service for Prometheus that services may name. Empty: none."
  type        = string
  default     = ""
}

variable "dashboards" {
  description = "Whether there are dashboards of CloudWatch: yes or no."
  type        = string
  default     = "no"
}
