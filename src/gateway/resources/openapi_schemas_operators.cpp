// Schemas of what operators do: replays and dead letters.
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
"DeadLetterChoice": {"type": "object", "minProperties": 1, "maxProperties": 1, "properties": {
  "seqs": {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 1}},
  "fingerprint": {"type": "string"}, "target": {"type": "string"}, "all": {"const": true}}},
"Count": {"type": "object"}
})json";
}

}  // namespace nip::gateway::resources
