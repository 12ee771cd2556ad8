#include "gateway/resources/openapi_schemas.hpp"

namespace nip::gateway::resources {

std::string_view openapi_schemas() {
  return R"json({
"AckLevel": {"type": "string", "enum": ["memory", "buffered", "fsync", "replicated"],
  "description": "How safe a message was when its acknowledgement left."},
"Message": {"type": "object", "required": ["type"], "additionalProperties": false, "properties": {
  "id": {"type": "string", "description": "Made (UUIDv7) when absent."},
  "type": {"type": "string", "minLength": 1},
  "timestamp": {"type": "string", "format": "date-time"},
  "correlation_id": {"type": "string"},
  "source": {"type": "string"},
  "data": {},
  "metadata": {"type": "object", "properties": {
    "priority": {"type": "string", "enum": ["low", "normal", "high", "critical"]},
    "retry_count": {"type": "integer", "minimum": 0},
    "deadline": {"type": "string"},
    "deliver_at": {"type": "string", "format": "date-time"}, "delay": {"type": "string"},
    "tenant": {"type": "string"},
    "ordering_key": {"type": "string"},
    "traceparent": {"type": "string"}, "idempotency_key": {"type": "string"},
    "topic": {"type": "string"},
    "reply_to": {"type": "string"}, "causation_id": {"type": "string"},
    "mandatory": {"type": "boolean"}}}}},
"Accepted": {"type": "object", "required": ["id", "seq", "ack", "generation"], "properties": {
  "id": {"type": "string"},
  "seq": {"type": "integer", "minimum": 0, "description": "0 at level memory."},
  "ack": {"$ref": "#/components/schemas/AckLevel"},
  "generation": {"type": "integer", "minimum": 1},
  "duplicate": {"type": "boolean"},
  "state": {"type": "string", "enum": ["pending", "done", "failed"],
    "description": "After a wait that brought no reply."}}},
"Batch": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Message"}},
"BatchOutcome": {"type": "object", "required": ["accepted", "refused", "items"], "properties": {
  "accepted": {"type": "integer"}, "refused": {"type": "integer"}, "stopped_at": {"type":"integer"},
  "items": {"type": "array", "items": {"oneOf": [
    {"$ref": "#/components/schemas/Accepted"},
    {"type": "object", "required": ["problem"],
      "properties": {"problem": {"$ref": "#/components/schemas/Problem"}}}]}}}},
"Page": {"type": "object", "required": ["items"], "properties": {
  "items": {"type": "array", "items": {"type": "object"}},
  "next": {"type": "string", "description": "The cursor of the next page; absent on the last."}}},
"MessageState": {"type": "object"},
"Explanation": {"type": "object"},
"Rule": {"type": "object", "properties": {
  "id": {"type": "string"}, "when": {"type": "string", "description": "CEL"},
  "to": {"type": "array"}, "strategy": {"type": "string", "enum": ["all", "best", "first",
    "weighted", "chain"]},
  "ack": {"$ref": "#/components/schemas/AckLevel"}, "timeout": {"type": "string"},
    "retry": {"type": "object"},
  "order": {"type": "string"}, "priority": {"type": "integer"}, "stop": {"type": "boolean"},
  "indexed": {"type": "string", "enum": ["whole", "partly", "none"], "readOnly": true}}},
"RuleTest": {"type": "object", "required": ["message"], "properties": {
  "message": {"$ref": "#/components/schemas/Message"},
  "rules": {"type": "array", "items": {"$ref": "#/components/schemas/Rule"}}}},
"Plugin": {"type": "object"},
"PluginConfig": {"type": "object"},
"PluginHealth": {"type": "object"},
"Stats": {"type": "object"},
"Config": {"type": "object"},
"Health": {"type": "object", "required": ["status"], "properties": {
  "status": {"type": "string"}, "live": {"type": "boolean"}, "ready": {"type": "boolean"},
  "generation": {"type": "integer"}, "detail": {"type": "string"},
  "open_breakers": {"type": "array", "items": {"type": "string"},
    "description": "Plugins whose circuit breaker is not closed; absent when there is none."}}},
"Problem": {"type": "object", "description": "RFC 9457", "required": ["type", "title", "status"],
    "properties": {
  "type": {"type": "string", "description": "Stable: urn:nip:problem:NAME."},
  "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"},
  "request_id": {"type": "string"}, "retry_after_s": {"type": "integer"}}}
})json";
}

}  // namespace nip::gateway::resources
