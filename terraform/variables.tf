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
