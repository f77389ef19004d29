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
