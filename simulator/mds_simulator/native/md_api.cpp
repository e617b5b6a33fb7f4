// libthostmduserapi_se.so: the market-data API over a Link.
#include "ThostFtdcMdApi.h"
#include "api.h"

namespace {

// `from` is a NUL-padded field of the wire, `to` one of CTP's.
void fill_tick(CThostFtdcDepthMarketDataField& to, const wire::Tick& from) {
  copy_text(to.TradingDay, from.trading_day);
  copy_text(to.ExchangeID, from.exchange);
  copy_text(to.ActionDay, from.action_day);
  copy_text(to.UpdateTime, from.update_time);
  copy_text(to.InstrumentID, from.instrument);
  copy_text(to.ExchangeInstID, from.instrument);
  to.UpdateMillisec = from.millisecond;
  to.PreSettlementPrice = from.pre_settlement;
  to.PreClosePrice = from.pre_close;
  to.PreOpenInterest = from.pre_open_interest;
  to.UpperLimitPrice = from.upper_limit;
  to.LowerLimitPrice = from.lower_limit;
  to.CurrDelta = from.serial;
  to.LastPrice = from.last;
  to.OpenPrice = from.open;
  to.HighestPrice = from.high;
  to.LowestPrice = from.low;
  to.Turnover = from.turnover;
  to.OpenInterest = from.open_interest;
  to.ClosePrice = from.close;
  to.SettlementPrice = from.settlement;
  to.AveragePrice = from.average;
  to.Volume = from.volume;
#define LEVEL(n)                               \
  to.BidPrice##n = from.bid[n - 1];            \
  to.AskPrice##n = from.ask[n - 1];            \
  to.BidVolume##n = from.bid_volume[n - 1];    \
  to.AskVolume##n = from.ask_volume[n - 1];
  LEVEL(1) LEVEL(2) LEVEL(3) LEVEL(4) LEVEL(5)
#undef LEVEL
}

struct Core final : CoreLife, Link::Listener {
  std::atomic<CThostFtdcMdSpi*> spi{nullptr};
  std::atomic<int> refusal{0};  // the code that subscriptions get without being sent
  TradingDay day;
  Link link{'m', *this};

  void connected(const wire::Welcome&) override {
    refusal.store(0);
    if (auto* to = spi.load()) to->OnFrontConnected();
  }

  void disconnected(int reason) override {
    if (auto* to = spi.load()) to->OnFrontDisconnected(reason);
  }

  bool frame(const wire::Header& header, const char* body) override {
    switch (header.kind) {
      case wire::kTicks: return ticks(header, body);
      case wire::kLoggedIn: return logged_in(header, body);
      case wire::kLoggedOut: return logged_out(header, body);
      case wire::kSubscribed: return subscribed(header, body, &CThostFtdcMdSpi::OnRspSubMarketData);
      case wire::kUnsubscribed: return subscribed(header, body, &CThostFtdcMdSpi::OnRspUnSubMarketData);
      case wire::kError: return error(header, body);
      case wire::kRefuseSubscribe: return refuse(header, body);
      case wire::kHeartbeat: return true;
      case wire::kDisconnect: return true;
      default: return false;
    }
  }

 private:
  bool refuse(const wire::Header& header, const char* body) {
    int32_t code;
    if (!read_record(header, body, code)) return false;
    refusal.store(code);
    return true;
  }

  bool ticks(const wire::Header& header, const char* body) {
    if (header.length % sizeof(wire::Tick) != 0) return false;
    CThostFtdcDepthMarketDataField data{};
    wire::Tick tick;
    for (const char* end = body + header.length; body < end; body += sizeof tick) {
      std::memcpy(&tick, body, sizeof tick);
      fill_tick(data, tick);
      if (auto* to = spi.load()) to->OnRtnDepthMarketData(&data);
    }
    return true;
  }

  bool logged_in(const wire::Header& header, const char* body) {
    wire::LoginReply record;
    if (!read_record(header, body, record)) return false;
    if (record.reply.error_id == 0) day.set(record.trading_day);
    auto data = login_of(record);
    auto info = info_of(record.reply);
    if (auto* to = spi.load()) to->OnRspUserLogin(&data, &info, record.reply.request, true);
    return true;
  }

  bool logged_out(const wire::Header& header, const char* body) {
    wire::Reply record;
    if (!read_record(header, body, record)) return false;
    CThostFtdcUserLogoutField data{};
    copy_text(data.BrokerID, record.broker);
    copy_text(data.UserID, record.user);
    auto info = info_of(record);
    if (auto* to = spi.load()) to->OnRspUserLogout(&data, &info, record.request, true);
    return true;
  }

  using Answer = void (CThostFtdcMdSpi::*)(CThostFtdcSpecificInstrumentField*, CThostFtdcRspInfoField*, int, bool);

  bool subscribed(const wire::Header& header, const char* body, Answer answer) {
    if (header.length % sizeof(wire::Subscription) != 0) return false;
    wire::Subscription record;
    for (const char* end = body + header.length; body < end; body += sizeof record) {
      std::memcpy(&record, body, sizeof record);
      CThostFtdcSpecificInstrumentField data{};
      CThostFtdcRspInfoField info{};
      copy_text(data.InstrumentID, record.instrument);
      info.ErrorID = record.error_id;
      copy_text(info.ErrorMsg, record.error_text);
      if (auto* to = spi.load()) (to->*answer)(&data, &info, 0, body + sizeof record == end);
    }
    return true;
  }

  bool error(const wire::Header& header, const char* body) {
    wire::Reply record;
    if (!read_record(header, body, record)) return false;
    auto info = info_of(record);
    if (auto* to = spi.load()) to->OnRspError(&info, record.request, true);
    return true;
  }
};

class MdApi final : public CThostFtdcMdApi {
 public:
  MdApi() : core_(std::make_shared<Core>()), worker_(core_) {}

  void Release() override {
    worker_.stop();
    delete this;
  }
  void Init() override {
    guarded([this] { return worker_.start(), true; });
  }
  int Join() override { return worker_.wait(); }
  const char* GetTradingDay() override { return core_->day.get(); }
  void RegisterFront(char* address) override {
    guarded([&] { return core_->link.add_front(address), true; });
  }
  void RegisterSpi(CThostFtdcMdSpi* spi) override { core_->spi.store(spi); }

  int ReqUserLogin(CThostFtdcReqUserLoginField* field, int request) override {
    const auto login = login_to(*field, request, -1);
    return guarded([&] { return core_->link.send(wire::kLogin, &login, sizeof login); });
  }
  int ReqUserLogout(CThostFtdcUserLogoutField*, int request) override {
    return guarded([&] { return core_->link.send(wire::kLogout, &request, sizeof request); });
  }
  int SubscribeMarketData(char* ids[], int count) override {
    const int refusal = core_->refusal.load();
    return refusal != 0 ? refusal : send_ids(wire::kSubscribe, ids, count);
  }
  int UnSubscribeMarketData(char* ids[], int count) override { return send_ids(wire::kUnsubscribe, ids, count); }

#include "md_stubs.inc"

 private:
  ~MdApi() = default;

  int send_ids(wire::Kind kind, char* ids[], int count) {
    return guarded([&] {
      std::vector<wire::InstrumentId> records(static_cast<size_t>(count));
      for (int i = 0; i < count; ++i) std::strncpy(records[i].id, ids[i], sizeof records[i].id - 1);
      return core_->link.send(kind, records.data(), records.size() * sizeof(wire::InstrumentId));
    });
  }

  const std::shared_ptr<Core> core_;
  Worker<Core> worker_;
};

}  // namespace

CThostFtdcMdApi* CThostFtdcMdApi::CreateFtdcMdApi(const char*, const bool, const bool, bool) { return new MdApi; }

const char* CThostFtdcMdApi::GetApiVersion() { return "mds-simulator " MDS_HEADER_VERSION; }
