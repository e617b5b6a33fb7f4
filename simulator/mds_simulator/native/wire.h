// The frames of mds_simulator/wire.py, which describes them. Sizes and version come from there at build
// time (MDS_SIZE_*, MDS_WIRE_VERSION): if the two pages differ, this one does not compile.
#pragma once

#include <cstdint>

namespace wire {

constexpr uint32_t kVersion = MDS_WIRE_VERSION;
constexpr uint32_t kMagic = MDS_WIRE_MAGIC;

enum Kind : uint16_t {
  kHeartbeat = 1,
  kHello = 10,
  kAuthenticate = 11,
  kLogin = 12,
  kLogout = 13,
  kConfirm = 14,
  kQuery = 15,
  kSubscribe = 16,
  kUnsubscribe = 17,
  kWelcome = 30,
  kDisconnect = 31,
  kAuthenticated = 32,
  kLoggedIn = 33,
  kLoggedOut = 34,
  kConfirmed = 35,
  kError = 36,
  kSubscribed = 37,
  kUnsubscribed = 38,
  kTicks = 39,
  kInstruments = 40,
  kAccount = 41,
  kPositions = 42,
  kStatus = 43,
  kPatience = 44,
  kRefuseSubscribe = 45,
};

enum QueryKind : int32_t { kQueryInstrument = 1, kQueryAccount = 2, kQueryPosition = 3 };

#pragma pack(push, 1)

struct Header {
  uint32_t length;
  uint16_t kind;
  uint16_t last;
};

struct Hello {
  uint32_t magic;
  uint32_t version;
  char side;
};

struct Welcome {
  uint32_t version;
  int32_t queries_per_second;
};

struct Authenticate {
  int32_t request;
  char broker[12];
  char user[16];
  char app_id[36];
  char auth_code[20];
};

struct Login {
  int32_t request;
  char broker[12];
  char user[16];
  char password[44];
  int32_t public_resume;
};

struct Query {
  int32_t request;
  int32_t what;
  char exchange[12];
  char instrument[40];
  char product[40];
};

struct InstrumentId {
  char id[40];
};

struct Reply {
  int32_t request;
  int32_t error_id;
  char error_text[84];
  char broker[12];
  char user[16];
};

struct LoginReply {
  Reply reply;
  char trading_day[12];
  char time[12];
  char system[44];
  int32_t front_id;
  int32_t session_id;
};

struct Subscription {
  int32_t error_id;
  char error_text[84];
  char instrument[40];
};

struct Account {
  double balance;
  double available;
};

struct Status {
  char exchange[12];
  char product[40];
  char status;
  int32_t segment;
  char enter_time[12];
};

struct Instrument {
  char instrument[40];
  char exchange[12];
  char name[64];
  char product[40];
  char underlying[40];
  char open_day[12];
  char expire_day[12];
  char product_class;
  char option_type;
  char padding[2];
  int32_t year;
  int32_t month;
  int32_t multiplier;
  int32_t min_volume;
  int32_t max_volume;
  double price_tick;
  double strike;
};

struct Tick {
  // the same all day
  char instrument[40];
  char exchange[8];
  double pre_settlement;
  double pre_close;
  double pre_open_interest;
  double upper_limit;
  double lower_limit;
  // changes with a trade or a move
  double last;
  double open;
  double high;
  double low;
  double turnover;
  double open_interest;
  double close;
  double settlement;
  double average;
  int32_t volume;
  double bid[5];
  double ask[5];
  // the moment
  char trading_day[8];
  char action_day[8];
  char update_time[8];
  int32_t millisecond;
  // always changes
  double serial;
  int32_t bid_volume[5];
  int32_t ask_volume[5];
};

#pragma pack(pop)

#define MDS_CHECK_SIZE(name) static_assert(sizeof(name) == MDS_SIZE_##name, #name " differs from wire.py")
MDS_CHECK_SIZE(Hello);
MDS_CHECK_SIZE(Welcome);
MDS_CHECK_SIZE(Authenticate);
MDS_CHECK_SIZE(Login);
MDS_CHECK_SIZE(Query);
MDS_CHECK_SIZE(Reply);
MDS_CHECK_SIZE(LoginReply);
MDS_CHECK_SIZE(Subscription);
MDS_CHECK_SIZE(Account);
MDS_CHECK_SIZE(Status);
MDS_CHECK_SIZE(Instrument);
MDS_CHECK_SIZE(Tick);
#undef MDS_CHECK_SIZE

}  // namespace wire
