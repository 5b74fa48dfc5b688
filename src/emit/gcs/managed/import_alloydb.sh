# one operation after the other: gcloud waits for each
take() {
  gcloud alloydb clusters import "$cluster" --region="$region" --database="$database" --user="$user" \
    --gcs-uri="$bucket/$folder/$1" --csv --table="noren_load.$2" --columns="$3" --quiet </dev/null
}
