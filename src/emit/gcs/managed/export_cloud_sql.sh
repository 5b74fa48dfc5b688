# one operation after the other: an instance runs no two, and gcloud waits for each
send() {
  query=$(cat)
  gcloud sql export csv "$instance" "$bucket/$folder/$1" --database="$database" --query="$query" --quiet </dev/null
}
