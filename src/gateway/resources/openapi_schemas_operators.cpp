// Schemas of what operators do: replays, dead letters, the audit trail.
#include "gateway/resources/openapi_schemas.hpp"

namespace nip::gateway::resources {

std::string_view openapi_operator_schemas() {
  return R"json({
"ReplayWish": {"type": "object", "additionalProperties": false, "properties": {
  "from": {"description": "A seq or an RFC 3339 time, inclusive; absent: the oldest."},
  "to": {"description": "The same; absent: the newest when it begins."},
  "filter": {"type": "string", "description": "CEL over message."},
  "limit": {"type": "integer", "minimum": 0, "description": "Messages; 0: all."},
  "target": {"type": "string", "description": "A plugin, or topic:NAME; absent: routed anew."},
  "rate": {"type": "number", "minimum": 0, "default": 1000,
    "description": "Messages a second; 0: as fast as there is room."},
  "dry_run": {"type": "boolean"},
  "rules": {"type": "array", "items": {"$ref": "#/components/schemas/Rule"},
    "description": "Dry run: instead of those in force."},
  "rule": {"$ref": "#/components/schemas/Rule"}}},
"EndedSubscription": {"type": "object", "required": ["ended"], "properties": {
  "ended": {"type": "string", "description": "name of the subscription"}}},
"Job": {"type": "object", "required": ["id", "kind", "state"], "properties": {
  "id": {"type": "string"}, "kind": {"type": "string", "enum": ["replay", "redrive"]},
  "state": {"type": "string", "enum": ["running", "waiting", "done", "cancelled", "failed"]},
  "matched": {"type": "integer"}, "sent": {"type": "integer"}, "refused": {"type": "integer"},
  "waits": {"type": "integer"}, "looked_at": {"type": "integer"}, "position": {"type": "integer"},
  "progress": {"type": "number"}, "rate": {"type": "number"},
  "started_at": {"type": "string"}, "ended_at": {"type": "string"},
  "asked": {"type": "object"}, "why": {"type": "string"},
  "problems": {"type": "array", "items": {"type": "object"}}}},
"ReplayDiff": {"type": "object"},
"DeadLetter": {"type": "object"},
"DeadLetterChoice": {"type": "object", "minProperties": 1, "properties": {
  "seqs": {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 1}},
  "fingerprint": {"type": "string"}, "rule": {"type": "string"}, "target": {"type": "string"},
  "reason": {"type": "string"}, "type": {"type": "string"}, "from": {}, "to": {},
  "filter": {"type": "string", "description": "CEL over the message."}, "all": {"const": true}}},
"Purge": {"allOf": [{"$ref": "#/components/schemas/DeadLetterChoice"}], "properties": {
  "dry_run": {"type": "boolean"}}},
"Redrive": {"allOf": [{"$ref": "#/components/schemas/DeadLetterChoice"}], "properties": {
  "redirect": {"type": "string", "description": "A plugin, or topic:NAME."},
  "rate": {"type": "number", "minimum": 0, "description": "Messages a second, as a job."},
  "force": {"type": "boolean"}, "dry_run": {"type": "boolean"}}},
"RedriveOne": {"type": "object", "additionalProperties": false, "properties": {
  "message": {"type": "object", "description": "JSON merge patch (RFC 7396) of data and metadata.",
    "additionalProperties": false, "properties": {"data": {}, "metadata": {"type": "object"}}},
  "redirect": {"type": "string"}, "force": {"type": "boolean"}, "dry_run": {"type": "boolean"}}},
"Redriven": {"type": "object", "description": "Counts, or the job that was begun."},
"AuditPage": {"type": "object", "required": ["items"], "properties": {
  "items": {"type": "array", "items": {"type": "object", "properties": {
    "seq": {"type": "integer", "minimum": 1}, "at": {"type": "string", "format": "date-time"},
    "who": {"type": "string"}, "what": {"type": "string"}, "object": {"type": "string"},
    "outcome": {"type": "string", "description": "done, or why it was refused."},
    "prev": {"type": "string"}, "hash": {"type": "string"}}}},
  "next": {"type": "string"}}},
"Count": {"type": "object"}
})json";
}

}  // namespace nip::gateway::resources
