<#
.SYNOPSIS
Installs monitor on Windows, brings it up to date, or removes it.

.DESCRIPTION
For Windows PowerShell 5.1 and PowerShell 7, in a window that was opened with "Run as administrator". It asks nothing.
Run it again to upgrade: configuration and data stay.

.PARAMETER Role
agent, server, collect or events.

.PARAMETER From
Where the program comes from: an archive of the release, the executable in it, or a folder with one of them, as a file or a
URL; the folder of this script unless given. A URL of a folder ends in /.

.PARAMETER Sha256
The checksum that it must have; else FILE.sha256 or SHA256SUMS beside it says so. Nothing is installed from a URL without one.

.PARAMETER Version
Only tell which version is installed here and which one this would install.

.PARAMETER Enroll
Agent: join by this code, which the server's page "Add a host" makes.

.PARAMETER Server
Agent: the collect engine to send to, host:port. This and the next two are for the configuration: only what it does not set yet is filled in.

.PARAMETER PassphraseFile
File with the passphrase; it is copied.

.PARAMETER Fingerprint
Agent: SHA-256 fingerprint of the server's certificate.

.PARAMETER Agent
Server: watch this machine too. An upgrade keeps this flag and the next two; monitor service install --reset-flags forgets them.

.PARAMETER NoCollect
Server: leave the collect engine to a service of its own.

.PARAMETER NoEvents
Server: leave the event engine to a service of its own.

.PARAMETER Uninstall
Stop and remove the service, and the program when no other service uses it.

.PARAMETER Purge
With -Uninstall: configuration and data as well.

.PARAMETER DryRun
Only say what would be done.

.EXAMPLE
powershell -ExecutionPolicy Bypass -File install.ps1 agent -Server monitor.example.org:8889 -PassphraseFile p.txt -Fingerprint 5f3a...
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('agent', 'server', 'collect', 'events')]
    [string]$Role = '',
    [string]$From = '',
    [string]$Sha256 = '',
    [switch]$Version,
    [string]$Enroll = '',
    [string]$Server = '',
    [string]$PassphraseFile = '',
    [string]$Fingerprint = '',
    [switch]$Agent,
    [switch]$NoCollect,
    [switch]$NoEvents,
    [switch]$Uninstall,
    [switch]$Purge,
    [switch]$DryRun
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
# Windows PowerShell 5.1 draws its progress bar for longer than it downloads.
$ProgressPreference = 'SilentlyContinue'
# PowerShell 7.4 can make errors of exit codes; they are looked at here.
$PSNativeCommandUseErrorActionPreference = $false

# The release step fills this in: the public key (RSA, as XML) that SHA256SUMS is signed with. Empty for a build of one's
# own, which its checksum alone vouches for.
$ReleaseKey = ''
# A server that hands out this script fills this in: where its releases are. Script and releases then come from the same
# verified place.
$ServedFrom = ''

$ExitUsage = 64
$ExitConfig = 78
$Roles = @('server', 'collect', 'events', 'agent')
$Folder = Join-Path $env:ProgramFiles 'monitor'
$Program = Join-Path $Folder 'monitor.exe'
$Archive = 'monitor-windows-x64.zip'

# Ends the script; caught at its end, so that what it made on the way is cleared up.
function Stop-Script([string]$Message, [int]$Code = 1) {
    $failure = New-Object System.Exception $Message
    $failure.Data['Code'] = $Code
    throw $failure
}

# Says a step and takes it, unless nothing is to be done.
function Invoke-Step([string]$Text, [scriptblock]$Action) {
    if ($DryRun) {
        Write-Output "Would: $Text"
        return
    }
    Write-Output $Text
    & $Action
}

function Test-Url([string]$Text) {
    return $Text -match '^https?://'
}

function Test-Elevated {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object Security.Principal.WindowsPrincipal $identity
    return $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Assert-Arguments {
    if ($Role -eq '' -and -not $Version) {
        Stop-Script 'a role is missing: agent, server, collect or events' $ExitUsage
    }
    if ($Role -ne 'agent' -and ($Server -ne '' -or $Fingerprint -ne '')) {
        Stop-Script '-Server and -Fingerprint are for the role agent' $ExitUsage
    }
    if ($Enroll -ne '' -and ($Role -ne 'agent' -or $Enroll -notmatch '^mon1-[A-Za-z0-9_-]+$')) {
        Stop-Script '-Enroll is for the role agent, and takes a code that begins with mon1-' $ExitUsage
    }
    if ($Role -ne 'server' -and $Agent) {
        Stop-Script '-Agent is for the role server' $ExitUsage
    }
    if ($Role -ne 'server' -and ($NoCollect -or $NoEvents)) {
        Stop-Script '-NoCollect and -NoEvents are for the role server' $ExitUsage
    }
    # Refused before anything is written; a configuration that is there may say it.
    if ($Role -eq 'agent' -and -not $Uninstall -and -not $Version -and $Server -eq '' -and $Enroll -eq '' -and
        -not (Test-Path -LiteralPath (Join-Path $env:ProgramData 'monitor\agent.toml'))) {
        Stop-Script 'an agent has to know where to send to: -Enroll CODE, or -Server HOST:PORT' $ExitUsage
    }
    if ($Purge -and -not $Uninstall) {
        Stop-Script '-Purge goes with -Uninstall' $ExitUsage
    }
    if ($PassphraseFile -ne '' -and -not (Test-Path -LiteralPath $PassphraseFile -PathType Leaf)) {
        Stop-Script "there is no passphrase file $PassphraseFile"
    }
    # Windows PowerShell 5.1 runs on Windows only and does not know $IsWindows.
    if ($PSVersionTable.PSVersion.Major -ge 6 -and -not $IsWindows) {
        Stop-Script 'this is for Windows; Linux has install.sh'
    }
    if (-not $DryRun -and -not $Version -and -not (Test-Elevated)) {
        Stop-Script 'this takes an administrator: open PowerShell with "Run as administrator" and try again'
    }
}

# A 32-bit PowerShell is told of the real processor by the second variable.
function Assert-Processor {
    $processor = $env:PROCESSOR_ARCHITECTURE
    if ($env:PROCESSOR_ARCHITEW6432) {
        $processor = $env:PROCESSOR_ARCHITEW6432
    }
    if ($processor -eq 'ARM64') {
        Write-Output 'This machine has an ARM64 processor; Windows 11 runs the build for x64 on it.'
    } elseif ($processor -ne 'AMD64') {
        Stop-Script "there is no build for the processor $processor"
    }
}

# The file or URL of what is to be installed.
function Get-Source {
    $place = $From
    if ($place -eq '') {
        $place = $ServedFrom
    }
    if ($place -eq '') {
        $place = $PSScriptRoot
    }
    if ($place -eq '') {
        Stop-Script 'say where the program is: -From FILE|URL'
    }
    if (Test-Url $place) {
        if ($place -match '^http:' -and $place -notmatch '^http://(127\.0\.0\.1|localhost|\[::1\])[:/]' -and $Sha256 -eq '') {
            Stop-Script "$place is not https, so that anybody on its way could change it: take https, or give -Sha256. Nothing was changed." $ExitUsage
        }
        if ($place.EndsWith('/')) {
            return "$place$Archive"
        }
        return $place
    }
    if (Test-Path -LiteralPath $place -PathType Container) {
        # The archive, or what it holds.
        $inside = $place
        $place = Join-Path $inside $Archive
        if (-not (Test-Path -LiteralPath $place -PathType Leaf)) {
            $place = Join-Path $inside 'monitor.exe'
        }
        if (-not (Test-Path -LiteralPath $place -PathType Leaf)) {
            Stop-Script "there is neither $Archive nor monitor.exe in ${inside}; say where the program is: -From FILE|URL"
        }
    }
    if (-not (Test-Path -LiteralPath $place -PathType Leaf)) {
        Stop-Script "there is no $place; say where the program is: -From FILE|URL"
    }
    return (Resolve-Path -LiteralPath $place).ProviderPath
}

function Get-LastPart([string]$Source) {
    return ($Source -split '[\\/]')[-1]
}

function Copy-Source([string]$Source, [string]$Target) {
    if (Test-Url $Source) {
        # Older systems don't offer TLS 1.2 by themselves.
        [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
        # Nothing leads from https to http: a redirect is refused.
        if ($Source -match '^https:') {
            Invoke-WebRequest -Uri $Source -OutFile $Target -UseBasicParsing -MaximumRedirection 0
        } else {
            Invoke-WebRequest -Uri $Source -OutFile $Target -UseBasicParsing
        }
    } else {
        Copy-Item -LiteralPath $Source -Destination $Target
    }
}

# The text of a file that may not be there; empty then.
function Read-Source([string]$Source, [string]$Target) {
    try {
        Copy-Source $Source $Target
    } catch {
        Write-Verbose "$Source can't be had: $_"
        return ''
    }
    return [IO.File]::ReadAllText($Target)
}

# SHA-256 of the server's SHA256SUMS, which the code holds in its bytes 51 to 82 when its first byte says so; else empty.
function Get-ReleasesOfCode {
    $text = $Enroll.Substring('mon1-'.Length).Replace('-', '+').Replace('_', '/')
    $text = $text.PadRight([int]([Math]::Ceiling($text.Length / 4) * 4), '=')
    try {
        $bytes = [Convert]::FromBase64String($text)
    } catch {
        Stop-Script 'this is no enrolment code, or not all of one' $ExitUsage
    }
    if ($bytes.Length -lt 83 -or ($bytes[0] -band 2) -eq 0) {
        return ''
    }
    return ([BitConverter]::ToString($bytes, 51, 32) -replace '-', '').ToLowerInvariant()
}

# The checksum from the list that the enrolment code vouches for; empty where it does not.
function Get-EnrolledChecksum([string]$Source, [string]$Name, [string]$Work) {
    if ($Enroll -eq '' -or $ServedFrom -eq '' -or -not $Source.StartsWith($ServedFrom)) {
        return ''
    }
    $listed = Get-ReleasesOfCode
    if ($listed -eq '') {
        return ''
    }
    $file = Join-Path $Work 'sums'
    $all = Read-Source "${ServedFrom}SHA256SUMS" $file
    if ($all -eq '' -or (Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash.ToLowerInvariant() -ne $listed) {
        Stop-Script 'the releases of this server are no longer those that the code was made for: make a new code. Nothing was changed.'
    }
    if ($all -match "(?m)^([0-9a-fA-F]{64})[ *]+$([regex]::Escape($Name))\s*$") {
        return $Matches[1].ToLowerInvariant()
    }
    Stop-Script "the code does not vouch for $Name. Nothing was changed."
}

# What the checksum of the source has to be: given, or from what lies beside it.
function Get-WantedChecksum([string]$Source, [string]$Work) {
    if ($Sha256 -ne '') {
        return $Sha256.ToLowerInvariant()
    }
    $name = Get-LastPart $Source
    $beside = $Source.Substring(0, $Source.Length - $name.Length)
    $enrolled = Get-EnrolledChecksum $Source $name $Work
    if ($enrolled -ne '') {
        return $enrolled
    }
    $signed = Get-SignedChecksum $Source $beside $name $Work
    if ($signed -ne '') {
        return $signed
    }
    $own = Read-Source "$Source.sha256" (Join-Path $Work 'sum')
    if ($own -match '^\s*([0-9a-fA-F]{64})') {
        return $Matches[1].ToLowerInvariant()
    }
    $all = Read-Source "${beside}SHA256SUMS" (Join-Path $Work 'sums')
    if ($all -match "(?m)^([0-9a-fA-F]{64})[ *]+$([regex]::Escape($name))\s*$") {
        return $Matches[1].ToLowerInvariant()
    }
    if (Test-Url $Source) {
        Stop-Script "no checksum for ${name}: neither $name.sha256 nor SHA256SUMS is beside it; give -Sha256"
    }
    return ''
}

# The checksum from SHA256SUMS, once its signature was verified. A URL has to be signed when this script knows a key, but
# for the server that handed out the script; a file may lie alone. Empty then.
function Get-SignedChecksum([string]$Source, [string]$Beside, [string]$Name, [string]$Work) {
    if ($ReleaseKey -eq '') {
        return ''
    }
    $signature = Join-Path $Work 'sums.sig'
    $sums = Join-Path $Work 'sums'
    try {
        Copy-Source "${Beside}SHA256SUMS.sig" $signature
        Copy-Source "${Beside}SHA256SUMS" $sums
    } catch {
        if ((Test-Url $Source) -and -not ($ServedFrom -ne '' -and $Source.StartsWith($ServedFrom))) {
            Stop-Script "no signature for ${Name}: SHA256SUMS and SHA256SUMS.sig are not beside it; give -Sha256 if you know it from elsewhere"
        }
        return ''
    }
    $key = New-Object System.Security.Cryptography.RSACryptoServiceProvider
    $key.FromXmlString($ReleaseKey)
    if (-not $key.VerifyData([IO.File]::ReadAllBytes($sums), 'SHA256', [IO.File]::ReadAllBytes($signature))) {
        Stop-Script 'the signature of SHA256SUMS is wrong: this release is damaged or not genuine. Nothing was changed.'
    }
    if ([IO.File]::ReadAllText($sums) -match "(?m)^([0-9a-fA-F]{64})[ *]+$([regex]::Escape($Name))\s*$") {
        return $Matches[1].ToLowerInvariant()
    }
    Stop-Script "the signed SHA256SUMS does not name $Name. Nothing was changed."
}

function Assert-Checksum([string]$File, [string]$Wanted) {
    $found = (Get-FileHash -LiteralPath $File -Algorithm SHA256).Hash.ToLowerInvariant()
    if ($Wanted -eq '') {
        Write-Output "  Nothing beside this file says what it should be; it is $found."
    } elseif ($found -ne $Wanted) {
        Stop-Script "$(Get-LastPart $File) is damaged or not genuine: its SHA-256 is $found, not $Wanted. Nothing was changed."
    }
}

# The executable out of an archive; anything else is the executable.
function Expand-Source([string]$File, [string]$Work) {
    $target = Join-Path $Work 'monitor.exe'
    if ($File -like '*.zip') {
        Expand-Archive -LiteralPath $File -DestinationPath (Join-Path $Work 'unpacked')
        Move-Item -LiteralPath (Join-Path $Work 'unpacked\monitor.exe') -Destination $target
    } elseif ($File -ne $target) {
        Move-Item -LiteralPath $File -Destination $target
    }
    return $target
}

# A build that does not run here must not take the place of one that does.
function Get-ProgramVersion([string]$File) {
    try {
        $said = & $File --version
    } catch {
        Stop-Script "the program does not run on this machine: $_. Nothing was changed."
    }
    if ($LASTEXITCODE -ne 0) {
        Stop-Script "the program does not run on this machine: it ended with exit code $LASTEXITCODE. Nothing was changed."
    }
    return $said
}

# Runs the installed program with its words set in; its exit code is in $LASTEXITCODE.
function Invoke-Monitor([string[]]$Words) {
    & $Program @Words | ForEach-Object { Write-Output "  $_" }
}

function Test-Running([string]$Name) {
    & $Program service status $Name | Out-Null
    return $LASTEXITCODE -eq 0
}

function Test-Registered([string]$Name) {
    return $null -ne (Get-Service -Name "monitor-$Name" -ErrorAction SilentlyContinue)
}

# A running program can't be overwritten, but it can be renamed: services stop for no longer than that takes. Should the new one not
# come to its place, the old one is put back.
function Set-Program([string]$New) {
    $old = "$Program.old"
    New-Item -ItemType Directory -Path $Folder -Force | Out-Null
    if (Test-Path -LiteralPath $old) {
        Remove-Item -LiteralPath $old -Force
    }
    if (Test-Path -LiteralPath $Program) {
        Move-Item -LiteralPath $Program -Destination $old
    }
    try {
        Move-Item -LiteralPath $New -Destination $Program
    } catch {
        if (Test-Path -LiteralPath $old) {
            Move-Item -LiteralPath $old -Destination $Program
        }
        throw
    }
    Remove-Item -LiteralPath $old -Force -ErrorAction SilentlyContinue
}

# How the program is asked to register the role.
function Get-RegisterWords {
    $words = @('service', 'install', $Role)
    if ($Server -ne '') {
        $words += @('--server', $Server)
    }
    if ($PassphraseFile -ne '') {
        $words += @('--passphrase-file', $PassphraseFile)
    }
    if ($Fingerprint -ne '') {
        $words += @('--fingerprint', $Fingerprint)
    }
    if ($NoCollect) {
        $words += '--no-collect'
    }
    if ($NoEvents) {
        $words += '--no-events'
    }
    if ($Agent) {
        $words += '--agent'
    }
    return $words
}

# What would be refused later is refused before anything is stopped or changed.
function Assert-Registration([string]$New) {
    $words = @(Get-RegisterWords) + '--check'
    & $New @words | Out-Null
    if ($LASTEXITCODE -ne 0) {
        Stop-Script "the service can not be registered so, as said above. Nothing was changed." $LASTEXITCODE
    }
}

function Register-Role {
    Invoke-Monitor @(Get-RegisterWords)
    if ($LASTEXITCODE -ne 0) {
        Stop-Script "monitor service install ended with exit code $LASTEXITCODE" $LASTEXITCODE
    }
}

# All roles on a machine are one program: those that ran are started again with the new one.
function Start-Roles([string[]]$Stopped) {
    Invoke-Monitor @('service', 'start', $Role)
    if ($LASTEXITCODE -eq $ExitConfig) {
        Stop-Script "registered, but not started before its configuration is complete; then: monitor service start $Role" $ExitConfig
    }
    if ($LASTEXITCODE -ne 0) {
        Stop-Script "the service did not start: see the log in $env:ProgramData\monitor and the event log" $LASTEXITCODE
    }
    foreach ($other in $Stopped) {
        if ($other -ne $Role) {
            Invoke-Monitor @('service', 'start', $other)
        }
    }
}

function Stop-Roles([string[]]$Running) {
    foreach ($name in $Running) {
        Invoke-Monitor @('service', 'stop', $name)
    }
}

function Write-Next {
    $data = Join-Path $env:ProgramData 'monitor'
    Write-Output ''
    Write-Output 'Done. What to do next:'
    Write-Output "  See how it does:      & '$Program' service status $Role; & '$Program' health $Role"
    if ($Role -eq 'agent') {
        Write-Output "  Its settings:         $data\agent.toml, then restart the service"
    } else {
        Write-Output "  Its settings:         $data\monitor.toml, then restart the service"
    }
    if ($Role -eq 'server') {
        Write-Output '  Open the website:     port 8080 of this machine, as the user "admin"'
        Write-Output "  Its first password:   $data\server\initial-admin-password"
        Write-Output "  For agents elsewhere: $data\server\passphrase"
        Write-Output "                        & '$Program' certificate show --fingerprint"
    }
}

# Ordinary users may make folders in %ProgramData%, and who owns one may always change who writes to it.
function Assert-DataFolder {
    $data = Join-Path $env:ProgramData 'monitor'
    if (-not (Test-Path -LiteralPath $data)) {
        return
    }
    if ((Get-Item -LiteralPath $data -Force).Attributes -band [IO.FileAttributes]::ReparsePoint) {
        Stop-Script "$data is a link to another place: remove it. Nothing was changed." $ExitConfig
    }
    $owner = (Get-Acl -LiteralPath $data).GetOwner([Security.Principal.SecurityIdentifier]).Value
    $own = [Security.Principal.WindowsIdentity]::GetCurrent().User.Value
    # The system, administrators, and who runs this.
    if (@('S-1-5-18', 'S-1-5-32-544', $own) -notcontains $owner) {
        Stop-Script "$data was made by another user ($owner): look what it is, then remove it, or run takeown /a /r /f ""$data"". Nothing was changed." $ExitConfig
    }
}

function Install-Role([string]$Work) {
    Assert-Processor
    Assert-DataFolder
    $source = Get-Source
    $fetched = Join-Path $Work (Get-LastPart $source)
    Invoke-Step "Fetch $source." { Copy-Source $source $fetched }
    Invoke-Step 'Check its SHA-256.' { Assert-Checksum $fetched (Get-WantedChecksum $source $Work) }
    Invoke-Step 'Unpack it.' { Expand-Source $fetched $Work | Out-Null }
    $new = Join-Path $Work 'monitor.exe'
    Invoke-Step 'Try whether it runs on this machine.' { Get-ProgramVersion $new | Out-Null }
    Invoke-Step 'Check what the service is to be told.' { Assert-Registration $new }
    $running = @()
    if (Test-Path -LiteralPath $Program) {
        $running = @($Roles | Where-Object { Test-Running $_ })
    }
    if ($running.Count -gt 0) {
        Invoke-Step "Stop what runs of it: $($running -join ', ')." { Stop-Roles $running }
    }
    Invoke-Step "Put it to $Program." { Set-Program $new }
    Invoke-Step "Make folders and configuration where they are missing, and register the service (monitor service install $Role)." { Register-Role }
    if ($Enroll -ne '') {
        Invoke-Step 'Join the server by the enrolment code.' { Invoke-Monitor @('enroll', 'use', $Enroll, '--config', (Join-Path $env:ProgramData 'monitor\agent.toml')) }
    }
    Invoke-Step "Start the service (monitor service start $Role)$(if ($running.Count -gt 0) { ', and what ran before' })." { Start-Roles $running }
    if (-not $DryRun) {
        Write-Next
    }
}

# A service that has just said that it stopped may hold its program for a moment yet.
function Remove-Folder {
    for ($attempt = 1; $attempt -lt 20; $attempt++) {
        try {
            Remove-Item -LiteralPath $Folder -Recurse -Force
            return
        } catch {
            Start-Sleep -Milliseconds 250
        }
    }
    Remove-Item -LiteralPath $Folder -Recurse -Force
}

# After an earlier -Uninstall took the program away: what it left is removed without it.
function Remove-Leftovers {
    $registered = @($Roles | Where-Object { Test-Registered $_ })
    if ($registered.Count -gt 0) {
        Stop-Script "$Program is not there, but $($registered -join ', ') is registered: install it again, then uninstall with -Purge"
    }
    $data = Join-Path $env:ProgramData 'monitor'
    $side = if ($Role -eq 'agent') { 'agent' } else { 'server' }
    $config = if ($Role -eq 'agent') { 'agent.toml' } else { 'monitor.toml' }
    Invoke-Step "Remove the configuration and data of $Role, which an earlier -Uninstall left." {
        foreach ($name in @($config, "$side-passphrase", $side)) {
            $path = Join-Path $data $name
            if (Test-Path -LiteralPath $path) {
                Remove-Item -LiteralPath $path -Recurse -Force
            }
        }
        $left = @(Get-ChildItem -LiteralPath $data -Force -ErrorAction SilentlyContinue | ForEach-Object { $_.Name })
        if ($left.Count -gt 0) {
            Write-Output "Left $data, which holds what is not of this service: $($left -join ', ')"
        } elseif (Test-Path -LiteralPath $data) {
            Remove-Item -LiteralPath $data -Force
        }
    }
}

function Uninstall-Role {
    if (-not (Test-Path -LiteralPath $Program)) {
        if (-not $Purge) {
            Stop-Script "$Program is not there: nothing to uninstall"
        }
        Remove-Leftovers
        return
    }
    $words = @('service', 'uninstall', $Role)
    $text = "Stop and remove the service monitor-$Role; configuration and data stay."
    if ($Purge) {
        $words += '--purge'
        $text = "Stop and remove the service monitor-$Role with its configuration and data."
    }
    Invoke-Step $text {
        Invoke-Monitor $words
        if ($LASTEXITCODE -ne 0) {
            Stop-Script "monitor service uninstall ended with exit code $LASTEXITCODE" $LASTEXITCODE
        }
    }
    $others = @($Roles | Where-Object { $_ -ne $Role -and (Test-Registered $_) })
    if ($others.Count -gt 0) {
        Write-Output "$Program stays: $($others -join ', ') use it."
        return
    }
    Invoke-Step "Remove $Folder." { Remove-Folder }
}

function Write-Versions([string]$Work) {
    if (Test-Path -LiteralPath $Program) {
        Write-Output "installed: $(Get-ProgramVersion $Program)"
    } else {
        Write-Output 'installed: none'
    }
    $source = Get-Source
    $fetched = Join-Path $Work (Get-LastPart $source)
    Copy-Source $source $fetched
    Assert-Checksum $fetched (Get-WantedChecksum $source $Work)
    Write-Output "available: $(Get-ProgramVersion (Expand-Source $fetched $Work))"
}

# A folder that nobody else may write to: that of the program, which administrators alone may, or the user's own for a look.
function New-WorkFolder {
    $parent = $env:ProgramFiles
    if ($Version -or $DryRun) {
        $parent = [IO.Path]::GetTempPath()
    }
    return Join-Path $parent "monitor-install-$([guid]::NewGuid().ToString('N'))"
}

$work = ''
try {
    Assert-Arguments
    $work = New-WorkFolder
    if (-not $DryRun -and -not $Uninstall) {
        New-Item -ItemType Directory -Path $work | Out-Null
    }
    if ($Version) {
        Write-Versions $work
    } elseif ($Uninstall) {
        Uninstall-Role
    } else {
        Install-Role $work
    }
    $code = 0
} catch {
    [Console]::Error.WriteLine("install.ps1: $($_.Exception.Message)")
    $code = 1
    if ($_.Exception.Data.Contains('Code')) {
        $code = $_.Exception.Data['Code']
    }
} finally {
    if ($work -ne '' -and (Test-Path -LiteralPath $work)) {
        Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
    }
}
exit $code
