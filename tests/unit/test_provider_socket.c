/* The APIs whose calls are messages of a WebSocket: responses, realtime, live. */
#include "support/exchange_case.h"
#include "support/socket_case.h"
#include "support/test.h"

/* ---------------------------------------------------------------- responses */

#define ASKED	"C {'type':'response.create','model':'gpt-5-mini','input':'hi','max_output_tokens':64}\n"
#define CREATED "S {'type':'response.created','response':{'id':'resp_1','model':'gpt-5-mini-1','status':'in_progress'}}\n"
#define DELTA	"S {'type':'response.output_text.delta','item_id':'i','delta':'hello'}\n"
#define DONE                                                                                                                \
	"S {'type':'response.completed','response':{'id':'resp_1','model':'gpt-5-mini-1','status':'completed','output':[]," \
	"'usage':{'input_tokens':20,'input_tokens_details':{'cached_tokens':8},'output_tokens':9,'total_tokens':29}}}\n"

#define CASE(...) { .api = GT_API_OPENAI_RESPONSES_SOCKET, __VA_ARGS__ }

static void test_socket_responses(void **state)
{
	static const struct gt_socket_case cases[] = {
		CASE(.script = ASKED CREATED DELTA DONE "c 1000\ns 1000\nE closed",
		     .want = "chat gpt-5-mini\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-mini\n"
			     "request.stream=true\n"
			     "request.max_tokens=64\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-5-mini-1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=20\n"
			     "usage.output_tokens=9\n"
			     "usage.cache_read.input_tokens=8\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"),
		CASE(.candidate = true, .script = ASKED CREATED DELTA DONE "E eof",
		     .want = "chat gpt-5-mini\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-mini\n"
			     "request.stream=true\n"
			     "request.max_tokens=64\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-5-mini-1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=20\n"
			     "usage.output_tokens=9\n"
			     "usage.cache_read.input_tokens=8\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"),
		CASE(.bare = true, .script = ASKED CREATED DONE "E eof",
		     .want = "chat gpt-5-mini\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-mini\n"
			     "request.stream=true\n"
			     "request.max_tokens=64\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-5-mini-1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=20\n"
			     "usage.output_tokens=9\n"
			     "usage.cache_read.input_tokens=8\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"),
		/* two turns, with news of other things between */
		CASE(.script = ASKED CREATED DONE
		     "S {'type':'codex.rate_limits'}\nC {'type':'response.steer','input':[]}\n"
		     "C {'type':'response.create','model':'gpt-5-nano','previous_response_id':'resp_1'}\n"
		     "S {'type':'response.steer.failed','response_id':'resp_1'}\n"
		     "S {'type':'response.created','response':{'id':'resp_2'}}\n"
		     "S {'type':'response.incomplete','response':{'id':'resp_2','status':'incomplete',"
		     "'incomplete_details':{'reason':'max_output_tokens'},'usage':{'input_tokens':3,'output_tokens':4}}}\n"
		     "E closed",
		     .want = "chat gpt-5-mini\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-mini\n"
			     "request.stream=true\n"
			     "request.max_tokens=64\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-5-mini-1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=20\n"
			     "usage.output_tokens=9\n"
			     "usage.cache_read.input_tokens=8\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"
			     "--\n"
			     "chat gpt-5-nano\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-nano\n"
			     "request.stream=true\n"
			     "request.previous_response.id=resp_1\n"
			     "response.id=resp_2\n"
			     "response.finish_reasons=[length]\n"
			     "usage.input_tokens=3\n"
			     "usage.output_tokens=4\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"),
		/* two conversations on one socket */
		CASE(.script = "C {'type':'response.create','stream_id':'a','model':'m1','input':'hi'}\n"
			       "C {'type':'response.create','stream_id':'b','model':'m2','input':'hi'}\n"
			       "S {'type':'response.created','stream_id':'b','response':{'id':'r2'}}\n"
			       "S {'type':'response.created','stream_id':'a','response':{'id':'r1'}}\n"
			       "S {'type':'response.output_text.delta','stream_id':'b','delta':'x'}\n"
			       "S {'type':'response.completed','stream_id':'a','response':{'id':'r1','status':'completed',"
			       "'usage':{'input_tokens':1,'output_tokens':2}}}\n"
			       "S {'type':'error','stream_id':'b','error':{'code':'server_error','message':'m'}}\nE closed",
		     .want = "chat m1\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=m1\n"
			     "request.stream=true\n"
			     "response.id=r1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=1\n"
			     "usage.output_tokens=2\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"
			     "--\n"
			     "chat m2\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=m2\n"
			     "request.stream=true\n"
			     "response.id=r2\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"
			     "error.type=server_error\n"
			     "error \"m\"\n"),
		/* the server goes on with what the client has added */
		CASE(.script = ASKED CREATED "S {'type':'response.incomplete','response':{'id':'resp_1','status':'incomplete',"
					     "'incomplete_details':{'reason':'steered'}}}\n"
					     "S {'type':'response.created','response':{'id':'resp_2','model':'gpt-5-mini-1'}}\n"
					     "S {'type':'response.completed','response':{'id':'resp_2','status':'completed',"
					     "'usage':{'input_tokens':5,'output_tokens':6}}}\nE eof",
		     .want = "chat gpt-5-mini\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-mini\n"
			     "request.stream=true\n"
			     "request.max_tokens=64\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-5-mini-1\n"
			     "response.finish_reasons=[steered]\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"
			     "--\n"
			     "chat\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.stream=true\n"
			     "response.id=resp_2\n"
			     "response.model=gpt-5-mini-1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=5\n"
			     "usage.output_tokens=6\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"),
	};

	(void)state;
	gt_socket_case_check_all(cases, GT_ROWS(cases));
}

static void test_socket_responses_ends(void **state)
{
	static const struct gt_socket_case cases[] = {
		CASE(.script = ASKED "S {'type':'error','status':400,'error':{'type':'invalid_request_error','code':"
				     "'previous_response_not_found','message':'No such response.'}}\nE closed",
		     .want = "chat gpt-5-mini\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-mini\n"
			     "request.stream=true\n"
			     "request.max_tokens=64\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"
			     "error.type=previous_response_not_found\n"
			     "error \"No such response.\"\n"),
		CASE(.script = ASKED CREATED "S {'type':'response.failed','response':{'id':'resp_1','status':'failed','error':"
					     "{'code':'server_error','message':'oops'}}}\nE closed",
		     .want = "chat gpt-5-mini\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-mini\n"
			     "request.stream=true\n"
			     "request.max_tokens=64\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-5-mini-1\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"
			     "error.type=server_error\n"
			     "error \"oops\"\n"),
		CASE(.script = ASKED CREATED DELTA "E eof", .want = "chat gpt-5-mini\n"
								    "operation.name=chat\n"
								    "provider.name=openai\n"
								    "request.model=gpt-5-mini\n"
								    "request.stream=true\n"
								    "request.max_tokens=64\n"
								    "response.id=resp_1\n"
								    "response.model=gpt-5-mini-1\n"
								    "openai.api.type=responses\n"
								    "network.protocol.name=websocket\n"
								    "error.type=connection_reset\n"
								    "error \"the connection ended before the response did\"\n"),
		CASE(.script = ASKED CREATED DELTA "E closed",
		     .want = "chat gpt-5-mini\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-mini\n"
			     "request.stream=true\n"
			     "request.max_tokens=64\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-5-mini-1\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"
			     "error.type=cancelled\n"
			     "error \"the application gave up before the response ended\"\n"),
		CASE(.script = ASKED CREATED DELTA "E reset", .want = "chat gpt-5-mini\n"
								      "operation.name=chat\n"
								      "provider.name=openai\n"
								      "request.model=gpt-5-mini\n"
								      "request.stream=true\n"
								      "request.max_tokens=64\n"
								      "response.id=resp_1\n"
								      "response.model=gpt-5-mini-1\n"
								      "openai.api.type=responses\n"
								      "network.protocol.name=websocket\n"
								      "error.type=connection_reset\n"
								      "error \"\"\n"),
		CASE(.script = ASKED CREATED DELTA "E lost", .want = "chat gpt-5-mini\n"
								     "operation.name=chat\n"
								     "provider.name=openai\n"
								     "request.model=gpt-5-mini\n"
								     "request.stream=true\n"
								     "request.max_tokens=64\n"
								     "response.id=resp_1\n"
								     "response.model=gpt-5-mini-1\n"
								     "openai.api.type=responses\n"
								     "network.protocol.name=websocket\n"
								     "gentap.incomplete=unreadable\n"),
		CASE(.script = ASKED CREATED DELTA "E exit",
		     .want = "chat gpt-5-mini\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-mini\n"
			     "request.stream=true\n"
			     "request.max_tokens=64\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-5-mini-1\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"
			     "error.type=cancelled\n"
			     "error \"the application gave up before the response ended\"\n"),
		CASE(.script = ASKED CREATED DELTA "E killed",
		     .want = "chat gpt-5-mini\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-mini\n"
			     "request.stream=true\n"
			     "request.max_tokens=64\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-5-mini-1\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"
			     "error.type=cancelled\n"
			     "gentap.incomplete=killed\n"
			     "error \"the process was killed before the response ended\"\n"),
		CASE(.script = ASKED CREATED DELTA "c 1000 bye\nS {'type':'response.completed'}\nE closed",
		     .want = "chat gpt-5-mini\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-mini\n"
			     "request.stream=true\n"
			     "request.max_tokens=64\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-5-mini-1\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"
			     "error.type=cancelled\n"
			     "error \"the application gave up before the response ended\"\n"),
		CASE(.script = ASKED "s 1011 broken\nE eof", .want = "chat gpt-5-mini\n"
								     "operation.name=chat\n"
								     "provider.name=openai\n"
								     "request.model=gpt-5-mini\n"
								     "request.stream=true\n"
								     "request.max_tokens=64\n"
								     "openai.api.type=responses\n"
								     "network.protocol.name=websocket\n"
								     "error.type=internal_error\n"
								     "error \"broken\"\n"),
		CASE(.script = ASKED CREATED "s 1000\nE eof",
		     .want = "chat gpt-5-mini\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-mini\n"
			     "request.stream=true\n"
			     "request.max_tokens=64\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-5-mini-1\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"
			     "error.type=connection_reset\n"
			     "error \"the connection ended before the response did\"\n"),
		CASE(.script = ASKED CREATED "s 0\nE eof", .want = "chat gpt-5-mini\n"
								   "operation.name=chat\n"
								   "provider.name=openai\n"
								   "request.model=gpt-5-mini\n"
								   "request.stream=true\n"
								   "request.max_tokens=64\n"
								   "response.id=resp_1\n"
								   "response.model=gpt-5-mini-1\n"
								   "openai.api.type=responses\n"
								   "network.protocol.name=websocket\n"
								   "error.type=connection_reset\n"
								   "error \"the connection ended before the response did\"\n"),
		CASE(.script = ASKED "s 4001 session expired\nE eof", .want = "chat gpt-5-mini\n"
									      "operation.name=chat\n"
									      "provider.name=openai\n"
									      "request.model=gpt-5-mini\n"
									      "request.stream=true\n"
									      "request.max_tokens=64\n"
									      "openai.api.type=responses\n"
									      "network.protocol.name=websocket\n"
									      "error.type=websocket_close_4001\n"
									      "error \"session expired\"\n"),
		/* nothing of it is the API's */
		CASE(.candidate = true, .script = "C hello\nS {'jsonrpc':'2.0'}\nS [1]\nB \x01\x02\nE closed", .want = ""),
		CASE(.script = "s 1011 no\nE eof", .want = ""),
	};

	(void)state;
	gt_socket_case_check_all(cases, GT_ROWS(cases));
}

static void test_socket_bytes_that_are_missing(void **state)
{
	static const struct gt_socket_case cases[] = {
		/* a message is lost, and the next is not */
		CASE(.plain_only = true, .script = ASKED CREATED "G 3\n" DELTA DONE "E closed",
		     .want = "chat gpt-5-mini\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-mini\n"
			     "request.stream=true\n"
			     "request.max_tokens=64\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-5-mini-1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=20\n"
			     "usage.output_tokens=9\n"
			     "usage.cache_read.input_tokens=8\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"
			     "gentap.incomplete=dropped\n"),
		/* what was sent is not known */
		CASE(.plain_only = true, .script = "X\n" CREATED DELTA DONE "E closed",
		     .want = "chat\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.stream=true\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-5-mini-1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=20\n"
			     "usage.output_tokens=9\n"
			     "usage.cache_read.input_tokens=8\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"
			     "gentap.incomplete=dropped\n"),
		CASE(.plain_only = true, .script = ASKED "X\n" CREATED DELTA DONE "E closed",
		     .want = "chat gpt-5-mini\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-5-mini\n"
			     "request.stream=true\n"
			     "request.max_tokens=64\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-5-mini-1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=20\n"
			     "usage.output_tokens=9\n"
			     "usage.cache_read.input_tokens=8\n"
			     "openai.api.type=responses\n"
			     "network.protocol.name=websocket\n"),
	};

	(void)state;
	gt_socket_case_check_all(cases, GT_ROWS(cases));
}
#undef CASE

/* ---------------------------------------------------------------- realtime */

#define CASE(...) { .api = GT_API_OPENAI_REALTIME, __VA_ARGS__ }
#define SESSION                                                                                                            \
	"S {'type':'session.created','session':{'type':'realtime','model':'gpt-realtime-1','output_modalities':['audio']," \
	"'max_output_tokens':'inf'}}\n"
#define CREATE "C {'type':'response.create','event_id':'ev_1'}\n"
#define BEGUN  "S {'type':'response.created','response':{'id':'resp_1','conversation_id':'conv_1','status':'in_progress'}}\n"
#define AUDIO  "S {'type':'response.output_audio.delta','response_id':'resp_1','delta':'AAAA'}\n"
#define OVER(status, more)                                                                                                 \
	"S {'type':'response.done','response':{'id':'resp_1','conversation_id':'conv_1','status':'" status "'," more       \
	"'usage':{'total_tokens':50,'input_tokens':30,'output_tokens':20,'input_token_details':{'text_tokens':10,"         \
	"'audio_tokens':20,'image_tokens':0,'cached_tokens':12,'cached_tokens_details':{'text_tokens':4,'audio_tokens':8," \
	"'image_tokens':0}},'output_token_details':{'text_tokens':5,'audio_tokens':15}}}}\n"

static void test_socket_realtime(void **state)
{
	static const struct gt_socket_case cases[] = {
		CASE(.script = SESSION CREATE BEGUN AUDIO OVER("completed", "") "E closed",
		     .want = "chat gpt-realtime\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-realtime\n"
			     "conversation.id=conv_1\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-realtime-1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=30\n"
			     "usage.output_tokens=20\n"
			     "usage.cache_read.input_tokens=12\n"
			     "usage.text.input_tokens=10\n"
			     "usage.image.input_tokens=0\n"
			     "usage.audio.input_tokens=20\n"
			     "usage.text.output_tokens=5\n"
			     "usage.audio.output_tokens=15\n"
			     "usage.text.cache_read.input_tokens=4\n"
			     "usage.image.cache_read.input_tokens=0\n"
			     "usage.audio.cache_read.input_tokens=8\n"
			     "network.protocol.name=websocket\n"),
		CASE(.candidate = true, .script = SESSION CREATE BEGUN AUDIO OVER("completed", "") "E closed",
		     .want = "chat gpt-realtime\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-realtime\n"
			     "conversation.id=conv_1\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-realtime-1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=30\n"
			     "usage.output_tokens=20\n"
			     "usage.cache_read.input_tokens=12\n"
			     "usage.text.input_tokens=10\n"
			     "usage.image.input_tokens=0\n"
			     "usage.audio.input_tokens=20\n"
			     "usage.text.output_tokens=5\n"
			     "usage.audio.output_tokens=15\n"
			     "usage.text.cache_read.input_tokens=4\n"
			     "usage.image.cache_read.input_tokens=0\n"
			     "usage.audio.cache_read.input_tokens=8\n"
			     "network.protocol.name=websocket\n"),
		/* the server has heard the end of the user's speech */
		CASE(.script = SESSION
		     "C {'type':'input_audio_buffer.append','audio':'AAAA'}\n"
		     "S {'type':'input_audio_buffer.committed','item_id':'i'}\n" BEGUN AUDIO OVER(
			     "cancelled", "'status_details':{'type':'cancelled','reason':'turn_detected'},") "E closed",
		     .want = "chat gpt-realtime\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-realtime\n"
			     "conversation.id=conv_1\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-realtime-1\n"
			     "response.finish_reasons=[error]\n"
			     "usage.input_tokens=30\n"
			     "usage.output_tokens=20\n"
			     "usage.cache_read.input_tokens=12\n"
			     "usage.text.input_tokens=10\n"
			     "usage.image.input_tokens=0\n"
			     "usage.audio.input_tokens=20\n"
			     "usage.text.output_tokens=5\n"
			     "usage.audio.output_tokens=15\n"
			     "usage.text.cache_read.input_tokens=4\n"
			     "usage.image.cache_read.input_tokens=0\n"
			     "usage.audio.cache_read.input_tokens=8\n"
			     "network.protocol.name=websocket\n"),
		/* settings carry over */
		CASE(.target = "/v1/realtime",
		     .script = SESSION
		     "C {'type':'session.update','session':{'model':'gpt-other','output_modalities':['text'],"
		     "'temperature':0.7,'max_output_tokens':300,'reasoning':{'effort':'low'}}}\n" CREATE
		     "S {'type':'session.updated','session':{'model':'gpt-other-1','output_modalities':['text'],"
		     "'max_output_tokens':300}}\n" BEGUN OVER(
			     "completed",
			     "'output':[{'type':'function_call'}],") "C {'type':'response.create','response':{'max_output_tokens':20,'output_modalities':['audio']}}\n"
								     "S {'type':'response.created','response':{'id':'resp_2'}}\n"
								     "S {'type':'response.done','response':{'id':'resp_2','status':'incomplete',"
								     "'status_details':{'reason':'max_output_tokens'}}}\nE closed",
		     .want = "chat gpt-other\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-other\n"
			     "conversation.id=conv_1\n"
			     "output.type=text\n"
			     "request.stream=true\n"
			     "request.max_tokens=300\n"
			     "request.temperature=0.7\n"
			     "request.reasoning.level=low\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-other-1\n"
			     "response.finish_reasons=[tool_calls]\n"
			     "usage.input_tokens=30\n"
			     "usage.output_tokens=20\n"
			     "usage.cache_read.input_tokens=12\n"
			     "usage.text.input_tokens=10\n"
			     "usage.image.input_tokens=0\n"
			     "usage.audio.input_tokens=20\n"
			     "usage.text.output_tokens=5\n"
			     "usage.audio.output_tokens=15\n"
			     "usage.text.cache_read.input_tokens=4\n"
			     "usage.image.cache_read.input_tokens=0\n"
			     "usage.audio.cache_read.input_tokens=8\n"
			     "network.protocol.name=websocket\n"
			     "--\n"
			     "chat gpt-other\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-other\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "request.max_tokens=20\n"
			     "request.temperature=0.7\n"
			     "request.reasoning.level=low\n"
			     "response.id=resp_2\n"
			     "response.model=gpt-other-1\n"
			     "response.finish_reasons=[length]\n"
			     "network.protocol.name=websocket\n"),
		/* two at a time */
		CASE(.script = SESSION CREATE BEGUN
		     "C {'type':'response.create','response':{'conversation':'none'}}\n"
		     "S {'type':'response.created','response':{'id':'resp_2'}}\n"
		     "S {'type':'response.done','response':{'id':'resp_2','status':'completed',"
		     "'usage':{'input_tokens':1,'output_tokens':2}}}\n" AUDIO OVER("completed", "") "E closed",
		     .want = "chat gpt-realtime\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-realtime\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "response.id=resp_2\n"
			     "response.model=gpt-realtime-1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=1\n"
			     "usage.output_tokens=2\n"
			     "network.protocol.name=websocket\n"
			     "--\n"
			     "chat gpt-realtime\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-realtime\n"
			     "conversation.id=conv_1\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-realtime-1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=30\n"
			     "usage.output_tokens=20\n"
			     "usage.cache_read.input_tokens=12\n"
			     "usage.text.input_tokens=10\n"
			     "usage.image.input_tokens=0\n"
			     "usage.audio.input_tokens=20\n"
			     "usage.text.output_tokens=5\n"
			     "usage.audio.output_tokens=15\n"
			     "usage.text.cache_read.input_tokens=4\n"
			     "usage.image.cache_read.input_tokens=0\n"
			     "usage.audio.cache_read.input_tokens=8\n"
			     "network.protocol.name=websocket\n"),
		/* Azure's older address */
		CASE(.target = "/openai/realtime?api-version=1&deployment=my%2Drt", .provider = "azure.ai.openai",
		     .script = CREATE BEGUN OVER("completed", "") "E closed",
		     .want = "chat my-rt\n"
			     "operation.name=chat\n"
			     "provider.name=azure.ai.openai\n"
			     "request.model=my-rt\n"
			     "conversation.id=conv_1\n"
			     "request.stream=true\n"
			     "response.id=resp_1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=30\n"
			     "usage.output_tokens=20\n"
			     "usage.cache_read.input_tokens=12\n"
			     "usage.text.input_tokens=10\n"
			     "usage.image.input_tokens=0\n"
			     "usage.audio.input_tokens=20\n"
			     "usage.text.output_tokens=5\n"
			     "usage.audio.output_tokens=15\n"
			     "usage.text.cache_read.input_tokens=4\n"
			     "usage.image.cache_read.input_tokens=0\n"
			     "usage.audio.cache_read.input_tokens=8\n"
			     "azure.resource_provider.namespace=Microsoft.CognitiveServices\n"
			     "network.protocol.name=websocket\n"),
	};

	(void)state;
	gt_socket_case_check_all(cases, GT_ROWS(cases));
}

static void test_socket_realtime_errors(void **state)
{
	static const struct gt_socket_case cases[] = {
		CASE(.script = SESSION CREATE
		     "S {'type':'error','error':{'type':'invalid_request_error','code':"
		     "'conversation_already_has_active_response','message':'Busy.','event_id':'ev_1'}}\nE closed",
		     .want = "chat gpt-realtime\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-realtime\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "response.model=gpt-realtime-1\n"
			     "network.protocol.name=websocket\n"
			     "error.type=conversation_already_has_active_response\n"
			     "error \"Busy.\"\n"),
		/* of another message, and of none that the turn is about */
		CASE(.script = SESSION CREATE
		     "S {'type':'error','error':{'type':'t','message':'m','event_id':'ev_0'}}\n" BEGUN
		     "S {'type':'error','error':{'type':'t','message':'m'}}\n" OVER("completed", "") "E closed",
		     .want = "chat gpt-realtime\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-realtime\n"
			     "conversation.id=conv_1\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-realtime-1\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=30\n"
			     "usage.output_tokens=20\n"
			     "usage.cache_read.input_tokens=12\n"
			     "usage.text.input_tokens=10\n"
			     "usage.image.input_tokens=0\n"
			     "usage.audio.input_tokens=20\n"
			     "usage.text.output_tokens=5\n"
			     "usage.audio.output_tokens=15\n"
			     "usage.text.cache_read.input_tokens=4\n"
			     "usage.image.cache_read.input_tokens=0\n"
			     "usage.audio.cache_read.input_tokens=8\n"
			     "network.protocol.name=websocket\n"),
		CASE(.script = SESSION CREATE BEGUN OVER("failed",
							 "'status_details':{'type':'failed','error':{'type':'server_error',"
							 "'code':'rate_limit_exceeded'}},") "E closed",
		     .want = "chat gpt-realtime\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-realtime\n"
			     "conversation.id=conv_1\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-realtime-1\n"
			     "usage.input_tokens=30\n"
			     "usage.output_tokens=20\n"
			     "usage.cache_read.input_tokens=12\n"
			     "usage.text.input_tokens=10\n"
			     "usage.image.input_tokens=0\n"
			     "usage.audio.input_tokens=20\n"
			     "usage.text.output_tokens=5\n"
			     "usage.audio.output_tokens=15\n"
			     "usage.text.cache_read.input_tokens=4\n"
			     "usage.image.cache_read.input_tokens=0\n"
			     "usage.audio.cache_read.input_tokens=8\n"
			     "network.protocol.name=websocket\n"
			     "error.type=rate_limit_exceeded\n"
			     "error \"\"\n"),
		CASE(.script = SESSION "S {'type':'error','error':{'type':'t','message':'m'}}\nE closed", .want = ""),
		/* the session is refused */
		CASE(.script =
			     "S {'type':'error','error':{'type':'invalid_request_error','code':'model_not_found','message':'No.'}}\n"
			     "s 4000\nE eof",
		     .want = "chat gpt-realtime\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-realtime\n"
			     "request.stream=true\n"
			     "network.protocol.name=websocket\n"
			     "error.type=model_not_found\n"
			     "error \"No.\"\n"),
		CASE(.script = SESSION CREATE BEGUN AUDIO "s 1001\nE eof",
		     .want = "chat gpt-realtime\n"
			     "operation.name=chat\n"
			     "provider.name=openai\n"
			     "request.model=gpt-realtime\n"
			     "conversation.id=conv_1\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "response.id=resp_1\n"
			     "response.model=gpt-realtime-1\n"
			     "network.protocol.name=websocket\n"
			     "error.type=connection_reset\n"
			     "error \"the connection ended before the response did\"\n"),
	};

	(void)state;
	gt_socket_case_check_all(cases, GT_ROWS(cases));
}
#undef CASE

/* ---------------------------------------------------------------- live */

#define CASE(...) { .api = GT_API_GEMINI_LIVE, __VA_ARGS__ }
#define SETUP \
	"C {'setup':{'model':'models/gemini-live','generationConfig':{'maxOutputTokens':99,'responseModalities':['AUDIO']}}}\n"
#define READY "B {'setupComplete':{}}\n"
#define SAID  "C {'clientContent':{'turns':[{'role':'user','parts':[{'text':'hi'}]}],'turnComplete':true}}\n"
#define SPOKE "B {'serverContent':{'modelTurn':{'parts':[{'inlineData':{'mimeType':'audio/pcm','data':'AAAA'}}]}}}\n"
#define COUNTS                                                                                                       \
	"'usageMetadata':{'promptTokenCount':40,'responseTokenCount':6,'thoughtsTokenCount':2,'totalTokenCount':48," \
	"'promptTokensDetails':[{'modality':'TEXT','tokenCount':30},{'modality':'AUDIO','tokenCount':10}],"          \
	"'responseTokensDetails':[{'modality':'AUDIO','tokenCount':6}]}"
#define ENDED "B {'serverContent':{'turnComplete':true}," COUNTS "}\n"

static void test_socket_live(void **state)
{
	static const struct gt_socket_case cases[] = {
		CASE(.script =
			     SETUP READY SAID SPOKE SPOKE "B {'serverContent':{'generationComplete':true}}\n" ENDED "E closed",
		     .want = "generate_content gemini-live\n"
			     "operation.name=generate_content\n"
			     "provider.name=gcp.gemini\n"
			     "request.model=gemini-live\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "request.max_tokens=99\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=40\n"
			     "usage.output_tokens=8\n"
			     "usage.reasoning.output_tokens=2\n"
			     "usage.text.input_tokens=30\n"
			     "usage.audio.input_tokens=10\n"
			     "usage.audio.output_tokens=6\n"
			     "network.protocol.name=websocket\n"),
		CASE(.candidate = true, .script = SETUP READY SAID SPOKE ENDED "E closed",
		     .want = "generate_content gemini-live\n"
			     "operation.name=generate_content\n"
			     "provider.name=gcp.gemini\n"
			     "request.model=gemini-live\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "request.max_tokens=99\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=40\n"
			     "usage.output_tokens=8\n"
			     "usage.reasoning.output_tokens=2\n"
			     "usage.text.input_tokens=30\n"
			     "usage.audio.input_tokens=10\n"
			     "usage.audio.output_tokens=6\n"
			     "network.protocol.name=websocket\n"),
		/* the counts come by themselves, or not at all */
		CASE(.script = SETUP READY SAID SPOKE "B {'serverContent':{'turnComplete':true}}\nB {" COUNTS "}\n" SAID SPOKE
						      "B {'serverContent':{'turnComplete':true}}\nE closed",
		     .want = "generate_content gemini-live\n"
			     "operation.name=generate_content\n"
			     "provider.name=gcp.gemini\n"
			     "request.model=gemini-live\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "request.max_tokens=99\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=40\n"
			     "usage.output_tokens=8\n"
			     "usage.reasoning.output_tokens=2\n"
			     "usage.text.input_tokens=30\n"
			     "usage.audio.input_tokens=10\n"
			     "usage.audio.output_tokens=6\n"
			     "network.protocol.name=websocket\n"
			     "--\n"
			     "generate_content gemini-live\n"
			     "operation.name=generate_content\n"
			     "provider.name=gcp.gemini\n"
			     "request.model=gemini-live\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "request.max_tokens=99\n"
			     "response.finish_reasons=[stop]\n"
			     "network.protocol.name=websocket\n"),
		/* Vertex, in snake_case */
		CASE(.provider = "gcp.vertex_ai",
		     .target = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent",
		     .script =
			     "C {'setup':{'model':'projects/p/locations/l/publishers/google/models/gemini-live','generation_config':"
			     "{'temperature':0.5}}}\n" READY
			     "C {'client_content':{'turns':[],'turn_complete':true}}\n" SPOKE ENDED "E closed",
		     .want = "generate_content gemini-live\n"
			     "operation.name=generate_content\n"
			     "provider.name=gcp.vertex_ai\n"
			     "request.model=gemini-live\n"
			     "request.stream=true\n"
			     "request.temperature=0.5\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=40\n"
			     "usage.output_tokens=8\n"
			     "usage.reasoning.output_tokens=2\n"
			     "usage.text.input_tokens=30\n"
			     "usage.audio.input_tokens=10\n"
			     "usage.audio.output_tokens=6\n"
			     "network.protocol.name=websocket\n"),
		/* tools: what follows their results is a turn of its own */
		CASE(.script =
			     SETUP READY SAID "B {'toolCall':{'functionCalls':[{'id':'1'},{'id':'2'}]}}\n"
					      "B {'usageMetadata':{'promptTokenCount':11,'responseTokenCount':3}}\n"
					      "C {'toolResponse':{'functionResponses':[{'id':'1'}]}}\n"
					      "C {'toolResponse':{'functionResponses':[{'id':'2'}]}}\n" SPOKE ENDED "E closed",
		     .want = "generate_content gemini-live\n"
			     "operation.name=generate_content\n"
			     "provider.name=gcp.gemini\n"
			     "request.model=gemini-live\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "request.max_tokens=99\n"
			     "response.finish_reasons=[tool_calls]\n"
			     "usage.input_tokens=11\n"
			     "usage.output_tokens=3\n"
			     "network.protocol.name=websocket\n"
			     "--\n"
			     "generate_content gemini-live\n"
			     "operation.name=generate_content\n"
			     "provider.name=gcp.gemini\n"
			     "request.model=gemini-live\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "request.max_tokens=99\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=40\n"
			     "usage.output_tokens=8\n"
			     "usage.reasoning.output_tokens=2\n"
			     "usage.text.input_tokens=30\n"
			     "usage.audio.input_tokens=10\n"
			     "usage.audio.output_tokens=6\n"
			     "network.protocol.name=websocket\n"),
		CASE(.script = SETUP READY SAID "B {'toolCall':{'functionCalls':[{'id':'1'}]}}\nE closed",
		     .want = "generate_content gemini-live\n"
			     "operation.name=generate_content\n"
			     "provider.name=gcp.gemini\n"
			     "request.model=gemini-live\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "request.max_tokens=99\n"
			     "response.finish_reasons=[tool_calls]\n"
			     "network.protocol.name=websocket\n"),
		/* speech: the server decides when it ends, and it may be interrupted */
		CASE(.script = SETUP READY
		     "C {'realtimeInput':{'audio':{'data':'AAAA'}}}\n" SPOKE "B {'serverContent':{'interrupted':true}}\n"
		     "B {'serverContent':{'turnComplete':true}," COUNTS "}\n"
		     "C {'realtimeInput':{'text':'go on'}}\n" SPOKE "B {'serverContent':{'interrupted':true}}\n" SPOKE ENDED
		     "E closed",
		     .want = "generate_content gemini-live\n"
			     "operation.name=generate_content\n"
			     "provider.name=gcp.gemini\n"
			     "request.model=gemini-live\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "request.max_tokens=99\n"
			     "response.finish_reasons=[interrupted]\n"
			     "usage.input_tokens=40\n"
			     "usage.output_tokens=8\n"
			     "usage.reasoning.output_tokens=2\n"
			     "usage.text.input_tokens=30\n"
			     "usage.audio.input_tokens=10\n"
			     "usage.audio.output_tokens=6\n"
			     "network.protocol.name=websocket\n"
			     "--\n"
			     "generate_content gemini-live\n"
			     "operation.name=generate_content\n"
			     "provider.name=gcp.gemini\n"
			     "request.model=gemini-live\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "request.max_tokens=99\n"
			     "response.finish_reasons=[interrupted]\n"
			     "network.protocol.name=websocket\n"
			     "--\n"
			     "generate_content gemini-live\n"
			     "operation.name=generate_content\n"
			     "provider.name=gcp.gemini\n"
			     "request.model=gemini-live\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "request.max_tokens=99\n"
			     "response.finish_reasons=[stop]\n"
			     "usage.input_tokens=40\n"
			     "usage.output_tokens=8\n"
			     "usage.reasoning.output_tokens=2\n"
			     "usage.text.input_tokens=30\n"
			     "usage.audio.input_tokens=10\n"
			     "usage.audio.output_tokens=6\n"
			     "network.protocol.name=websocket\n"),
	};

	(void)state;
	gt_socket_case_check_all(cases, GT_ROWS(cases));
}

static void test_socket_live_ends(void **state)
{
	static const struct gt_socket_case cases[] = {
		CASE(.script = SETUP "s 1008 models/gemini-live is not found\nE eof",
		     .want = "generate_content gemini-live\n"
			     "operation.name=generate_content\n"
			     "provider.name=gcp.gemini\n"
			     "request.model=gemini-live\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "request.max_tokens=99\n"
			     "network.protocol.name=websocket\n"
			     "error.type=policy_violation\n"
			     "error \"models/gemini-live is not found\"\n"),
		CASE(.script = SETUP "E closed", .want = ""),
		CASE(.script = SETUP READY "E eof", .want = ""),
		CASE(.script = SETUP READY SAID SPOKE "E eof",
		     .want = "generate_content gemini-live\n"
			     "operation.name=generate_content\n"
			     "provider.name=gcp.gemini\n"
			     "request.model=gemini-live\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "request.max_tokens=99\n"
			     "network.protocol.name=websocket\n"
			     "error.type=connection_reset\n"
			     "error \"the connection ended before the response did\"\n"),
		CASE(.script = SETUP READY SAID "s 1011 Internal error\nE eof", .want = "generate_content gemini-live\n"
											"operation.name=generate_content\n"
											"provider.name=gcp.gemini\n"
											"request.model=gemini-live\n"
											"output.type=speech\n"
											"request.stream=true\n"
											"request.max_tokens=99\n"
											"network.protocol.name=websocket\n"
											"error.type=internal_error\n"
											"error \"Internal error\"\n"),
		CASE(.script = SETUP READY SAID SPOKE "B {'goAway':{'timeLeft':'1s'}}\ns 1000\nE eof",
		     .want = "generate_content gemini-live\n"
			     "operation.name=generate_content\n"
			     "provider.name=gcp.gemini\n"
			     "request.model=gemini-live\n"
			     "output.type=speech\n"
			     "request.stream=true\n"
			     "request.max_tokens=99\n"
			     "network.protocol.name=websocket\n"
			     "error.type=connection_reset\n"
			     "error \"the connection ended before the response did\"\n"),
	};

	(void)state;
	gt_socket_case_check_all(cases, GT_ROWS(cases));
}

/* ---------------------------------------------------------------- handshakes that are refused */

static void test_socket_handshakes_that_are_refused(void **state)
{
	static const struct gt_exchange_case cases[] = {
		{ .api = GT_API_OPENAI_REALTIME,
		  .provider = "openai",
		  .method = "GET",
		  .target = "/v1/realtime?model=gpt-realtime",
		  .request_type = "",
		  .status = 401,
		  .response = "{'error':{'type':'invalid_request_error','code':'invalid_api_key','message':'Bad key.'}}",
		  .want = "chat gpt-realtime\noperation.name=chat\nprovider.name=openai\nrequest.model=gpt-realtime\n"
			  "error.type=invalid_api_key\nhttp.response.status_code=401\nerror \"Bad key.\"\n" },
		{ .api = GT_API_OPENAI_RESPONSES_SOCKET,
		  .provider = "openai",
		  .method = "GET",
		  .target = "/v1/responses",
		  .request_type = "",
		  .status = 429,
		  .response = "{'error':{'type':'rate_limit_error','message':'Slow down.'}}",
		  .want = "chat\noperation.name=chat\nprovider.name=openai\nopenai.api.type=responses\n"
			  "error.type=rate_limit_error\nhttp.response.status_code=429\nerror \"Slow down.\"\n" },
		{ .api = GT_API_GEMINI_LIVE,
		  .provider = "gcp.gemini",
		  .method = "GET",
		  .target = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
		  .request_type = "",
		  .status = 403,
		  .response = "",
		  .want = "generate_content\noperation.name=generate_content\nprovider.name=gcp.gemini\n"
			  "error.type=403\nhttp.response.status_code=403\nerror \"\"\n" },
		{ .api = GT_API_OPENAI_REALTIME,
		  .candidate = true,
		  .provider = "openai",
		  .method = "GET",
		  .target = "/v1/realtime",
		  .request_type = "",
		  .status = 404,
		  .response = "",
		  .want = "no span\n" },
	};

	(void)state;
	gt_exchange_case_check_all(cases, GT_ROWS(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_socket_responses),
		GT_TEST(test_socket_responses_ends),
		GT_TEST(test_socket_bytes_that_are_missing),
		GT_TEST(test_socket_realtime),
		GT_TEST(test_socket_realtime_errors),
		GT_TEST(test_socket_live),
		GT_TEST(test_socket_live_ends),
		GT_TEST(test_socket_handshakes_that_are_refused),
	};

	return GT_TESTS(tests);
}
